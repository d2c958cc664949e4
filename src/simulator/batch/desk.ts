/** The providers' own APIs for batches: takes files and batches, does their requests when their time has come. */

import { GatewayError } from '../../core/error.ts'
import { asObject, asString, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { FormReader } from '../../framing/form-reader.ts'
import type { HttpRequest } from '../http-request.ts'
import { anthropic } from './anthropic.ts'
import type { BatchFaults } from './faults.ts'
import { gemini } from './gemini.ts'
import { mistral } from './mistral.ts'
import { openAi } from './openai.ts'
import { type BatchRoute, batchRouteOf } from './routes.ts'
import {
  type Answer,
  type BatchedRequest,
  type BatchedResult,
  type Desk,
  fileObject,
  type Shape,
  type SimBatch,
  type SimFile,
} from './state.ts'

const shapes: Record<BatchRoute['api'], Shape> = { openai: openAi, mistral, anthropic, gemini }

export interface BatchAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** The connection breaks in place of the answer. */
  readonly isLost: boolean
  readonly faults: readonly string[]
}

export interface BatchDeskParts {
  readonly nowMs: () => number
  /** Which of the faults in a model's name strike. */
  strikes(provider: string, model: string): BatchFaults
  /** Does one request, and bills it. */
  perform(provider: string, request: BatchedRequest, batchId: string): { status: number; body: Json }
}

export class BatchDesk implements Desk {
  readonly #parts: BatchDeskParts
  readonly batches = new Map<string, SimBatch>()
  readonly files = new Map<string, SimFile>()
  #last = 0
  #striking: readonly string[] = []

  constructor(parts: BatchDeskParts) {
    this.#parts = parts
  }

  clear(): void {
    this.batches.clear()
    this.files.clear()
    this.#last = 0
  }

  nowMs(): number {
    return this.#parts.nowMs()
  }

  keep(name: string, content: string): SimFile {
    const file = { id: `file-sim-${++this.#last}`, name, content, createdMs: this.nowMs() }
    this.files.set(file.id, file)
    return file
  }

  drop(id: string): boolean {
    return this.files.delete(id) || this.batches.delete(id)
  }

  listed(provider: string): readonly SimBatch[] {
    return [...this.batches.values()].filter((batch) => batch.provider === provider).toReversed()
  }

  open(provider: string, wish: JsonObject, requests: readonly BatchedRequest[]): SimBatch | undefined {
    const model = modelOf(requests[0])
    const faults = this.#parts.strikes(provider, model)
    this.#striking = faults.names
    if (faults.isRefused) return undefined
    const n = ++this.#last
    const batch: SimBatch = {
      id: `sim${n}`,
      n,
      provider,
      wish,
      requests,
      createdMs: this.nowMs(),
      faults,
      cancelledMs: undefined,
      endedMs: undefined,
      results: [],
      outputFile: undefined,
      errorFile: undefined,
    }
    this.batches.set(batch.id, batch)
    return batch
  }

  /** Undefined where the path is none of an API for batches. */
  answer(request: HttpRequest): BatchAnswer | undefined {
    const route = batchRouteOf(request.method, request.target)
    if (!route) return undefined
    this.#striking = []
    for (const batch of this.batches.values()) this.#advance(batch)
    const { status, body } = this.#run(route, request)
    const isLost = route.action === 'create' && this.#striking.includes('batch-lost')
    return {
      status,
      contentType: typeof body === 'string' ? 'application/x-jsonl' : 'application/json',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      isLost,
      faults: this.#striking,
    }
  }

  #run(route: BatchRoute, request: HttpRequest): Answer {
    try {
      if (route.action === 'upload') return { status: 200, body: this.#upload(request) }
      const body = asObject(parseJson(request.body.toString())) ?? {}
      return shapes[route.api](this, route, body)
    } catch (error) {
      if (error instanceof GatewayError) return { status: 400, body: { error: { message: error.message } } }
      throw error
    }
  }

  #upload({ headers, body }: HttpRequest): JsonObject {
    const boundary = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1] ?? ''
    const reader = new FormReader(boundary)
    const parts = new Map<string, { filename: string; bytes: Buffer[] }>()
    let current: Buffer[] = []
    for (const event of reader.push(body)) {
      if (event.type === 'part') {
        current = []
        parts.set(event.head.name, { filename: event.head.filename ?? '', bytes: current })
      } else if (event.type === 'data') current.push(event.bytes)
    }
    reader.end()
    const file = parts.get('file')
    const kept = this.keep(file?.filename ?? '', Buffer.concat(file?.bytes ?? []).toString())
    return fileObject(kept, Buffer.concat(parts.get('purpose')?.bytes ?? []).toString())
  }

  /** Does the requests of a batch whose time has come. */
  #advance(batch: SimBatch): void {
    const { requests, faults, createdMs, cancelledMs, provider } = batch
    if (batch.endedMs !== undefined) return
    if (cancelledMs === undefined && this.nowMs() < createdMs + faults.takesMs) return
    batch.endedMs = this.nowMs()
    batch.results = requests.map((request, index): BatchedResult => {
      if (cancelledMs !== undefined) return { is: 'cancelled' }
      if (faults.isExpired || (faults.isPartly && index % 2 === 1)) return { is: 'expired' }
      return { is: 'done', ...this.#parts.perform(provider, request, batch.id) }
    })
  }
}

function modelOf(request: BatchedRequest | undefined): string {
  const inPath = /\/models\/(.+):\w+$/.exec(request?.path ?? '')?.[1]
  return inPath === undefined ? (asString(request?.body['model']) ?? '') : decodeURIComponent(inPath)
}
