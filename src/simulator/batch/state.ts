/** What the simulated APIs for batches keep: files, batches, and what became of each request. */

import { asArray, asObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import type { BatchFaults } from './faults.ts'
import type { BatchRoute } from './routes.ts'

export interface SimFile {
  readonly id: string
  readonly name: string
  readonly content: string
  readonly createdMs: number
}

export interface BatchedRequest {
  readonly id: string
  /** Below the provider's first segment, such as `/v1/messages`. */
  readonly path: string
  readonly body: JsonObject
}

export type BatchedResult =
  | { readonly is: 'done'; readonly status: number; readonly body: Json }
  | { readonly is: 'expired' }
  | { readonly is: 'cancelled' }

export interface SimBatch {
  readonly id: string
  readonly n: number
  readonly provider: string
  /** What its creation said of it: endpoint, model, metadata, name. */
  readonly wish: JsonObject
  readonly requests: readonly BatchedRequest[]
  readonly createdMs: number
  readonly faults: BatchFaults
  cancelledMs: number | undefined
  endedMs: number | undefined
  /** By request; empty until it has ended. */
  results: readonly BatchedResult[]
  /** Where the API has its results in files. */
  outputFile: string | undefined
  errorFile: string | undefined
}

/** What the shape of an API is given. */
export interface Desk {
  readonly batches: ReadonlyMap<string, SimBatch>
  readonly files: ReadonlyMap<string, SimFile>
  keep(name: string, content: string): SimFile
  drop(id: string): boolean
  /** Undefined where a fault lets it be refused. */
  open(provider: string, wish: JsonObject, requests: readonly BatchedRequest[]): SimBatch | undefined
  /** A provider's batches, the newest first. */
  listed(provider: string): readonly SimBatch[]
  nowMs(): number
}

export interface Answer {
  readonly status: number
  /** JSON, or lines of it. */
  readonly body: JsonObject | string
}

/** One provider's API: answers a call by what is on the desk, and changes that. */
export type Shape = (desk: Desk, route: BatchRoute, body: JsonObject) => Answer

export const good = (body: JsonObject | string): Answer => ({ status: 200, body })

export const missing: Answer = {
  status: 404,
  body: { error: { message: 'There is no such thing.', type: 'not_found' } },
}

export function fileObject({ id, name, content, createdMs }: SimFile, purpose = 'batch'): JsonObject {
  return {
    id,
    object: 'file',
    bytes: Buffer.byteLength(content),
    created_at: Math.floor(createdMs / 1000),
    filename: name,
    purpose,
    status: 'processed',
  }
}

/** The lines of a file of requests. */
export function jsonLines(text: string): JsonObject[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => asObject(parseJson(line)) ?? {})
}

export function listOf(values: Json | undefined): JsonObject[] {
  return asArray(values).map((each) => asObject(each) ?? {})
}

export function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

export function time(ms: number): string {
  return new Date(ms).toISOString()
}
