/** What a feature's `admin.ts` exports: rows that say what a route of the administration API is, needs and does. */

import type { z } from 'zod'
import type { FormPart } from '../core/caller-route.ts'
import type { Json } from '../core/json.ts'
import type { AdminCaller, AdminPolicy } from './policy.ts'

/** A call that is identified, authorised and checked against the row's schemas. */
export interface AdminCall<Query = unknown, Body = unknown> {
  /** The caller's organisation: what a route reads or changes is of this one only. */
  readonly org: string
  /** Who calls, by the name that the audit has. */
  readonly actor: string
  readonly caller: AdminCaller
  /** What a route whose policy is `within: 'team'` keeps to. Absent: the whole organisation. */
  readonly teams?: ReadonlySet<string>
  readonly requestId: string
  /** The `{name}` parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  /** The parts of a multipart form, for a row without a body, as they come. */
  form(): AsyncIterable<FormPart>
}

export interface AdminReply {
  /** 200 where absent. */
  readonly status?: number
  /** JSON; no body where absent. */
  readonly body?: unknown
  /** In place of a body: what is sent as long as both sides want. */
  readonly stream?: AdminStreaming
  /** In place of a body: as fast as it is read. */
  readonly content?: { readonly contentType: string; readonly bytes: AsyncIterable<Uint8Array> }
}

export interface AdminStreaming {
  readonly contentType: string
  /** Called when the head has been sent. */
  open(stream: AdminStream): void
}

/** The way to one caller. What is written after the end goes nowhere. */
export interface AdminStream {
  write(text: string): void
  /** What the caller has not taken yet. */
  readonly pendingBytes: number
  end(): void
  /** Called once, whichever side ended it. */
  onClose(listener: () => void): void
}

/** What the audit is told of a call before it is done. */
export interface AdminAudit<Query = unknown, Body = unknown> {
  /** Such as `key.create`. */
  readonly action: string
  /** Such as `key:weir_a1`; a new thing goes by its name. */
  object(call: AdminCall<Query, Body>): string
  /** What it is now. Throws where it does not exist. */
  before?(call: AdminCall<Query, Body>): Promise<Json> | Json
  /** What it is to be; the body of the call where absent. */
  after?(call: AdminCall<Query, Body>): Promise<Json> | Json
}

/** What changes something says what the audit is told of it; so may what only reads. */
export type AdminRoute<
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> = AdminRow<Query, Body> &
  (
    | { readonly method: 'GET'; readonly audit?: AdminAudit<z.output<Query>, z.output<Body>> }
    | {
        readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
        readonly audit: AdminAudit<z.output<Query>, z.output<Body>>
      }
  )

interface AdminRow<Query extends z.ZodObject, Body extends z.ZodType> {
  /** Below `/admin/v1`, such as `/requests/{id}`. */
  readonly path: string
  /** Who may call it: a row without one does not compile. */
  readonly policy: AdminPolicy
  /**
   * It is about the gateway itself and its configuration: only callers of the organisation that runs it pass. Without
   * it, what the route reads or changes is of `AdminCall.org` alone.
   */
  readonly isOfInstance?: true
  /** One line for the API's description. */
  readonly summary: string
  /** Reads the query's parameters, which come as strings. A route without one takes none. */
  readonly query?: Query
  readonly body?: Body
  /** Of the reply's body; for the API's description and for tests. */
  readonly response?: z.ZodType
  /** Throws GatewayError. */
  run(call: AdminCall<z.output<Query>, z.output<Body>>): Promise<AdminReply> | AdminReply
}

/** The row itself: gives `run` the types of the row's schemas. */
export function adminRoute<Query extends z.ZodObject, Body extends z.ZodType>(
  row: AdminRoute<Query, Body>,
): AdminRoute {
  return row as unknown as AdminRoute
}
