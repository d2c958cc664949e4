/** Asks a provider's API for batches: with its credential, through the one place that dials. */

import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/error.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import { asObject, type JsonObject } from '../../core/json.ts'
import { dialects } from '../../dialects/registry.ts'
import type { Target } from '../../providers/provider.ts'
import { isStaleSocket } from '../lost-connection.ts'
import type { SendOptions, Sender } from '../send.ts'
import type { ResponseHeaders, UpstreamCall } from '../upstream-call.ts'
import { contentEncodingFault, errorOf } from '../whole.ts'
import { withoutCredential } from '../without-credential.ts'
import { BatchApiError, type BatchWire, type UploadedFile } from './batch-api.ts'

export interface BatchWireParts {
  readonly sender: Sender
  readonly clock: Clock
  readonly target: Target
  /** Of an upload's boundary; of one use. */
  readonly newId: () => string
}

/** What an answer may hold that is read whole: the results of a small batch may be in it twice. */
const maxJsonBytes = 256 * 1024 * 1024
/** Of an error answer only the beginning is read: it may be a whole web page. */
const maxErrorChunks = 16
/** What of an answer may wait for whoever reads it. */
const highWaterBytes = 1024 * 1024

export function createBatchWire(parts: BatchWireParts): BatchWire {
  const ask = async (options: Omit<SendOptions, 'target' | 'stream'>): Promise<JsonObject> => {
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of new Answer(parts, options)) {
      bytes += chunk.length
      if (bytes > maxJsonBytes) throw protocolError('The answer of the API for batches is too large.')
      chunks.push(chunk)
    }
    const text = Buffer.concat(chunks).toString()
    if (text === '') return {}
    const body = asObject(parseBounded(text))
    if (body) return body
    throw protocolError('The answer of the API for batches is no JSON object.')
  }
  return {
    json: (method, path, body) =>
      ask({
        path,
        body: body === undefined ? '' : JSON.stringify(body),
        raw: { method, headers: body === undefined ? {} : { 'content-type': 'application/json' } },
      }),
    upload(path, file) {
      const boundary = `weir-${parts.newId()}`
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
      return ask({ path, body: formOf(file, boundary), raw: { method: 'POST', headers } })
    },
    download: (path) => new Answer(parts, { path, body: '', raw: { method: 'GET', headers: {} } }),
  }
}

function protocolError(message: string): BatchApiError {
  return new BatchApiError(new GatewayError('upstream_protocol', message), false)
}

function formOf({ name, fields, content }: UploadedFile, boundary: string): Buffer {
  const parts = Object.entries(fields).map(
    ([field, value]) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  )
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n`
  return Buffer.from(
    `${parts.join('')}${head}content-type: application/jsonl\r\n\r\n${content}\r\n--${boundary}--\r\n`,
  )
}

/** The body of one answer, as it is read; asked for when it is first read. */
class Answer implements AsyncIterable<Uint8Array> {
  readonly #parts: BatchWireParts
  readonly #options: Omit<SendOptions, 'target' | 'stream'>

  constructor(parts: BatchWireParts, options: Omit<SendOptions, 'target' | 'stream'>) {
    this.#parts = parts
    this.#options = options
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const mayRepeat = this.#options.raw?.method === 'GET'
    let hasBegun = false
    try {
      for await (const chunk of this.#read()) {
        hasBegun = true
        yield chunk
      }
    } catch (error) {
      // A kept connection that was closed meanwhile: whoever only asks may ask again.
      const isStale = error instanceof BatchApiError && isStaleSocket(error.error.cause)
      if (!mayRepeat || hasBegun || !isStale) throw error
      yield* this.#read()
    }
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const { sender, target } = this.#parts
    const waiting = new Waiting()
    let status = 0
    let headers = {}
    const call: UpstreamCall = sender.send(
      { ...this.#options, target, stream: false },
      {
        onHeaders(answered, given) {
          status = answered
          headers = given
          const fault = contentEncodingFault(given)
          if (fault) call.abort(fault)
        },
        onData(chunk) {
          waiting.add(chunk)
          if (waiting.bytes > highWaterBytes) call.pause()
        },
        onEnd: () => waiting.end(undefined),
        onFault: (error) => waiting.end(error),
      },
    )
    try {
      const errors: Buffer[] = []
      for await (const chunk of waiting.taken(() => call.resume())) {
        if (status < 300) yield chunk
        else if (errors.length < maxErrorChunks) errors.push(chunk)
      }
      if (status >= 300) throw this.#errorOf(status, headers, Buffer.concat(errors))
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      // A connection that breaks before the answer leaves it open, whatever is likely.
      const isUnsent = call.phase === 'unsent' && !isStaleSocket(error.cause)
      throw new BatchApiError(withoutCredential(error, target), isUnsent)
    } finally {
      call.abort(new GatewayError('client_gone', 'The rest of the answer is not wanted.'))
    }
  }

  #errorOf(status: number, headers: ResponseHeaders, body: Buffer): BatchApiError {
    const { clock, target } = this.#parts
    const decode = dialects[target.provider.spec.dialects[0]].error.decode
    const error = errorOf(decode, { status, headers, body }, clock.nowMs())
    return new BatchApiError(withoutCredential(error, target), status < 500, status)
  }
}

/** Chunks on their way from whoever brings them to whoever reads them. */
class Waiting {
  readonly #chunks: Buffer[] = []
  bytes = 0
  #end: { readonly error: GatewayError | undefined } | undefined
  #moved: (() => void) | undefined

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.bytes += chunk.length
    this.#moved?.()
  }

  end(error: GatewayError | undefined): void {
    this.#end ??= { error }
    this.#moved?.()
  }

  async *taken(onEmpty: () => void): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.bytes -= chunk.length
        yield chunk
      } else if (this.#end) {
        if (this.#end.error) throw this.#end.error
        return
      } else {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#moved = resolve
        onEmpty()
        await promise
      }
    }
  }
}
