/** The load generator: callers on keep-alive connections, each answer read to its end and checked. */

import { type Dispatcher, Pool } from 'undici'
import { hasContent, type Request } from './requests.ts'

export interface LoadOptions {
  /** The base of the OpenAI API, as an SDK would be given it. */
  readonly url: string
  readonly key: string
  readonly request: Request
  /** Each sends its next request when it has the answer to the last one. */
  readonly callers: number
  /** No request starts after this long. */
  readonly durationMs?: number
  /** Requests in all. */
  readonly count?: number
  /** Before each request a caller waits at random up to this long, so that callers do not march in step. */
  readonly pauseMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface LoadResult {
  readonly requests: number
  /** Pieces of content; one for an answer that is not streamed. */
  readonly chunks: number
  readonly seconds: number
  /** Milliseconds, sorted: to the last byte, and to the first content of a stream. */
  readonly latenciesMs: readonly number[]
  readonly firstTokensMs: readonly number[]
}

/** Runs the load until every answer has come. Throws Error at the first answer that is not complete. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { request, callers, durationMs = Infinity, count = Infinity, pauseMs = 0 } = options
  const line = openLine(options)
  const latenciesMs: number[] = []
  const firstTokensMs: number[] = []
  const startMs = performance.now()
  let started = 0
  let chunks = 0
  const call = async () => {
    while (started < count && performance.now() - startMs < durationMs) {
      started++
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * pauseMs))
      const answer = await line.send()
      chunks += request.check(answer.text)
      latenciesMs.push(answer.latencyMs)
      if (answer.firstTokenMs !== undefined) firstTokensMs.push(answer.firstTokenMs)
    }
  }
  try {
    await Promise.all(Array.from({ length: callers }, call))
  } finally {
    await line.close()
  }
  const seconds = (performance.now() - startMs) / 1000
  const ascending = (a: number, b: number) => a - b
  return {
    requests: latenciesMs.length,
    chunks,
    seconds,
    latenciesMs: latenciesMs.sort(ascending),
    firstTokensMs: firstTokensMs.sort(ascending),
  }
}

/** Opens streams and holds them: resolves when each has shown content. `close` leaves them all. */
export async function holdStreams(options: LoadOptions): Promise<{ close(): Promise<void> }> {
  const line = openLine(options)
  try {
    await Promise.all(Array.from({ length: options.callers }, () => line.begin()))
  } catch (error) {
    await line.close()
    throw error
  }
  return line
}

/** The `share`-quantile of sorted values (nearest rank). */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

interface Answer {
  readonly text: string
  readonly latencyMs: number
  /** Absent where the answer is not streamed. */
  readonly firstTokenMs: number | undefined
}

interface Line {
  /** Resolves with the whole answer. */
  send(): Promise<Answer>
  /** Resolves with the first content. */
  begin(): Promise<void>
  close(): Promise<void>
}

function openLine({ url, key, request, callers, headers }: LoadOptions): Line {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections: callers, headersTimeout: 0, bodyTimeout: 0 })
  const dispatch = (handler: Reading) =>
    pool.dispatch(
      {
        origin,
        path: `${pathname.replace(/\/$/, '')}/chat/completions`,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
        body: request.body,
      },
      handler,
    )
  return {
    send() {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      dispatch(new Reading({ onEnd: resolve, onError: reject }))
      return promise
    },
    begin() {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      dispatch(new Reading({ onContent: resolve, onError: reject }))
      return promise
    },
    close: () => pool.destroy(),
  }
}

interface Listener {
  onEnd?(answer: Answer): void
  onContent?(): void
  onError(error: Error): void
}

/** Reads one answer. Its bytes are only kept while it runs: what they mean is looked at when it is whole. */
class Reading implements Dispatcher.DispatchHandler {
  readonly #listener: Listener
  readonly #startMs = performance.now()
  readonly #chunks: Buffer[] = []
  #status = 0
  #isStream = false
  #firstTokenMs: number | undefined

  constructor(listener: Listener) {
    this.#listener = listener
  }

  onRequestStart(): void {
    // By this method undici knows a handler of the new form.
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status
    this.#isStream = String(headers['content-type']).startsWith('text/event-stream')
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
    if (!this.#isStream || this.#firstTokenMs !== undefined) return
    if (!hasContent(this.#text())) return
    this.#firstTokenMs = performance.now() - this.#startMs
    this.#listener.onContent?.()
  }

  onResponseEnd(): void {
    const text = this.#text()
    if (this.#status !== 200)
      this.#listener.onError(new Error(`status ${this.#status}: ${text.slice(0, 500)}`))
    else {
      const latencyMs = performance.now() - this.#startMs
      this.#listener.onEnd?.({ text, latencyMs, firstTokenMs: this.#firstTokenMs })
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#listener.onError(error)
  }

  #text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}
