/** Routes on which a caller manages what is its own, such as files and batches: what they are told, and what they answer. */

import type { Json } from './json.ts'

export interface CallerRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Such as `/v1/files/{id}`. */
  readonly path: string
  /** Throws GatewayError. */
  run(call: CallerCall): Promise<CallerReply>
}

/** How a request presents itself. */
export interface CallerIdentity {
  readonly credential: string | undefined
  /** Where it comes from, as far as it can be believed. */
  readonly clientAddress: string | undefined
}

/** What a route takes that needs less than others, or more. */
export interface JsonBounds {
  readonly maxBytes?: number
  /** Of names of members, objects and lists together. */
  readonly maxMembers?: number
}

export interface CallerCall extends CallerIdentity {
  /** The `{name}` parts of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  header(name: string): string | undefined
  json(bounds?: JsonBounds): Promise<Json>
  /** The parts of a form as they come, one after the other. Throws `invalid_request`, or `client_gone`. */
  form(): AsyncIterable<FormPart>
}

export interface FormPart {
  readonly name: string
  readonly filename?: string
  /** To be read before the next part is. */
  readonly content: AsyncIterable<Uint8Array>
}

export type CallerReply =
  | { readonly status?: number; readonly body: Json }
  /** `bytes`: how many there will be, where that is known. */
  | { readonly contentType: string; readonly bytes?: number; readonly content: AsyncIterable<Uint8Array> }
