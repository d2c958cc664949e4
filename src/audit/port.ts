/** What the audit keeps: a chain of records that is only ever added to. */

import type { Json } from '../core/json.ts'

/** One administrative act, as it is told to the audit before it is done. */
export interface AuditAct {
  readonly org: string
  /** Who: `admin-token`, `session`, `control-socket`, or the part of the gateway that acts by itself. */
  readonly actor: string
  /** What is done, such as `key.create`. */
  readonly action: string
  /** What it is done to, such as `key:weir_a1`. */
  readonly object: string
  /** What it was; absent where there was nothing or where that cannot be told. Secrets are fingerprints. */
  readonly before?: Json
  /** What is asked for. */
  readonly after?: Json
  readonly address?: string
  readonly requestId?: string
  /** This record tells that the act of an earlier one came to nothing. */
  readonly failed?: { readonly seq: number; readonly code: string }
}

/** An act in its place of the chain. */
export interface AuditRecord extends AuditAct {
  /** From 1, without a gap. */
  readonly seq: number
  readonly atMs: number
}

/** A record as it is kept: the text that was hashed, and the links. */
export interface AuditLink {
  readonly seq: number
  readonly org: string
  readonly atMs: number
  readonly action: string
  readonly object: string
  readonly actor: string
  /** The canonical JSON of the `AuditRecord`. */
  readonly body: string
  readonly previousHash: string
  readonly hash: string
}

export interface AuditHead {
  /** 0 before the first record. */
  readonly seq: number
  readonly hash: string
}

export interface AuditQuery {
  readonly org: string
  readonly action?: string
  readonly object?: string
  readonly actor?: string
  /** Only records before this one. */
  readonly beforeSeq?: number
  readonly limit: number
}

export interface AuditStore {
  /**
   * Adds the record that `next` makes from the end of the chain. Nobody else, of any instance, adds one in between.
   * Rejects where it could not be kept.
   */
  append(next: (head: AuditHead) => AuditLink): Promise<AuditLink>
  head(): Promise<AuditHead>
  /** Newest first. */
  search(query: AuditQuery): Promise<readonly AuditLink[]>
  /** Of all organisations, in the order of the chain, after this one. */
  chain(afterSeq: number, limit: number): Promise<readonly AuditLink[]>
}
