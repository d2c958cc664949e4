/** What payloads need stored and sealed, and how others read them. A storage sees of this folder only this file. */

import type { Answer } from '../core/answer.ts'
import type { GenRequest } from '../core/request.ts'
import type { Whose } from '../core/whose.ts'

/** What a payload can be found by. */
export interface PayloadHead {
  /** The request's id. */
  readonly id: string
  readonly org: string
  /** When the request came, in Unix milliseconds. */
  readonly atMs: number
  readonly dialect: string
  /** As the client named it. */
  readonly requestedModel: string
  readonly route?: string
  readonly provider?: string
  readonly model?: string
  readonly keyId: string
  readonly keyName: string
  readonly user?: string
  readonly session?: string
  readonly tags: readonly string[]
  readonly status: number
}

/** What was asked and answered, redacted, without media. */
export interface PayloadContent {
  /** As it went to the plan: with the earlier turns it refers to, and what its route adds. */
  readonly request: GenRequest
  /** Absent where there was no whole answer. */
  readonly answer?: Answer
}

export interface Payload extends PayloadHead {
  /** Absent where it was too large to keep, or its key is gone. */
  readonly content?: PayloadContent
}

/** Every condition given must hold. */
export interface PayloadQuery {
  readonly org: string
  /** Unix milliseconds, inclusive. */
  readonly fromMs?: number
  /** Unix milliseconds, exclusive. */
  readonly toMs?: number
  readonly route?: string
  /** The model that answered, without its provider. */
  readonly model?: string
  /** The key's id or its name. */
  readonly key?: string
  readonly user?: string
  readonly session?: string
  readonly tag?: string
  readonly limit: number
  /** `nextCursor` of the page before. */
  readonly cursor?: string
}

export interface Page<Item> {
  /** Newest first. */
  readonly data: readonly Item[]
  readonly nextCursor?: string
}

/** For those who make something of traffic: datasets, golden sets. Throws `invalid_request` on a cursor of no page. */
export interface PayloadReader {
  list(query: PayloadQuery): Promise<Page<Payload>>
  get(org: string, id: string): Promise<Payload | undefined>
}

export interface SealedPayload extends PayloadHead {
  readonly keyVersion: number
  /** Of the sealed content; 0 where it was too large to keep. */
  readonly bytes: number
  readonly sealed: Uint8Array
}

export interface PayloadStore {
  /** One whose id is already stored is left as it was. */
  insert(payloads: readonly SealedPayload[]): Promise<void>
  search(query: PayloadQuery): Promise<Page<SealedPayload>>
  get(org: string, id: string): Promise<SealedPayload | undefined>
  /** Deletes all of them and tells how many. */
  forget(org: string, whose: Whose): Promise<number>
  /** Deletes at most `limit` of the oldest that a limit excludes, and tells how many. */
  prune(bounds: { readonly olderThanMs: number; readonly maxBytes: number }, limit: number): Promise<number>
}

/** Encrypts under the organisation's data key, for one place of the database. Both reject where the key cannot be had. */
export interface PayloadSealing {
  seal(
    org: string,
    place: readonly (string | number)[],
    plain: string,
  ): Promise<{ keyVersion: number; sealed: Uint8Array }>
  /** Undefined where it was sealed for another place, or was changed. */
  unseal(
    org: string,
    keyVersion: number,
    place: readonly (string | number)[],
    sealed: Uint8Array,
  ): Promise<string | undefined>
}
