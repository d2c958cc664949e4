/** What a provider's own API for batches can be asked for, whatever it looks like. */

import type { GatewayError } from '../../core/error.ts'
import type { Json, JsonObject } from '../../core/json.ts'

/** Requests to one provider with one of its credentials. Every one throws `BatchApiError`. */
export interface BatchWire {
  json(method: 'GET' | 'POST' | 'DELETE', path: string, body?: JsonObject): Promise<JsonObject>
  /** Posts a form with one file. */
  upload(path: string, file: UploadedFile): Promise<JsonObject>
  download(path: string): AsyncIterable<Uint8Array>
}

export interface UploadedFile {
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
  readonly content: string
}

export class BatchApiError extends Error {
  readonly error: GatewayError
  /** The provider has certainly not done what it was asked for. */
  readonly isDecided: boolean
  /** Of the provider's answer, where there was one. */
  readonly status: number | undefined

  constructor(error: GatewayError, isDecided: boolean, status?: number) {
    super(error.message, { cause: error })
    this.error = error
    this.isDecided = isDecided
    this.status = status
  }
}

/** Requests that are to become one batch of the provider's. */
export interface NewRemoteBatch {
  /** By which it is found again, also where the answer to its creation was lost. Letters, digits and `_`. */
  readonly mark: string
  readonly endpoint: string
  readonly model: string
  readonly requests: readonly RemoteRequest[]
}

export interface RemoteRequest {
  /** Begins with the mark of its batch. */
  readonly id: string
  readonly body: JsonObject
}

/** What a batch that may or may not have been made is looked for by. */
export interface Sought {
  readonly mark: string
  readonly requests: number
  /** None that is older can be it. */
  readonly sinceMs: number
}

/** `unsure`: one of those that are under way may be it, which only its results will tell. */
export type Finding =
  | { readonly is: 'found'; readonly remoteId: string }
  | { readonly is: 'absent' | 'unsure' }

export interface RemoteBatch {
  readonly id: string
  /** `ended`: however it did, its results are there, or never will be. */
  readonly state: 'running' | 'ended'
  /** Why the provider did none of it. */
  readonly refusal?: string
  /** Where its results are, in the API's own words. */
  readonly results: readonly RemoteResults[]
  /** What it has at the provider beside itself. */
  readonly files: readonly string[]
}

export type RemoteResults =
  | { readonly is: 'path'; readonly path: string }
  | { readonly is: 'lines'; readonly lines: readonly Json[] }

/** What became of one request. `undone`: the provider has not tried it, or may be asked again. */
export type RemoteResult =
  | { readonly id: string; readonly is: 'answered'; readonly status: number; readonly body: Json }
  | { readonly id: string; readonly is: 'undone'; readonly why: string }

export interface BatchApi {
  /** Of one batch; providers take more, but these are what a failure of one may cost. */
  readonly maxRequests: number
  readonly maxBytes: number
  /** What a batch for requests to this path is made for; undefined where there is no such batch. */
  endpointOf(path: string): string | undefined
  /** Gives its id. A `BatchApiError` that is decided means that there is none. */
  create(wire: BatchWire, batch: NewRemoteBatch): Promise<string>
  find(wire: BatchWire, sought: Sought): Promise<Finding>
  look(wire: BatchWire, remoteId: string): Promise<RemoteBatch>
  cancel(wire: BatchWire, remoteId: string): Promise<void>
  /** Reads one line, or one element, of its results. */
  readResult(line: Json): RemoteResult | undefined
  /** Deletes what the provider still keeps of it. */
  forget(wire: BatchWire, batch: RemoteBatch): Promise<void>
}
