/** One client's connection: takes its requests in order, sends each answer step by step, and notes how it went. */

import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { BadRequest, type HttpRequest, HttpRequestReader } from './http-request.ts'
import type { Step } from './plan.ts'
import type { Receipt } from './receipts.ts'

export interface Exchange {
  readonly steps: Iterator<Step, void>
  /** Absent for the simulator's own paths. */
  readonly receipt?: Receipt
  /** Charged in full, however the call ends, once its first byte was sent. */
  readonly fullOutputTokens?: number
}

/** After so many writes in one turn, others get theirs. */
const writesPerTurn = 256

/** Serves `socket` until it closes. `answer` may be asynchronous; requests are still answered in order. */
export function serveConnection(
  socket: Socket,
  clock: Clock,
  answer: (request: HttpRequest) => Exchange | Promise<Exchange>,
): void {
  const queue: HttpRequest[] = []
  let current: Sending | undefined
  let isBusy = false
  let isGone = false
  const reader = new HttpRequestReader(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'))

  const next = (): void => {
    const request = queue.shift()
    if (isBusy || isGone || request === undefined) return
    isBusy = true
    const begin = (exchange: Exchange) => {
      current = new Sending(socket, clock, exchange, (keepsOpen) => {
        current = undefined
        isBusy = false
        if (!keepsOpen || !request.keepsAlive) socket.end()
        else next()
      })
      if (isGone) current.clientClosed()
      else current.advance()
    }
    try {
      const answered = answer(request)
      if (answered instanceof Promise) answered.then(begin, fail)
      else begin(answered)
    } catch (error) {
      fail(error)
    }
  }

  // A fault of the simulator's own, or of a recording that cannot be read: told, never thrown into the process.
  const fail = (error: unknown): void => {
    const text = `The simulator failed: ${String(error)}\n`
    const head = `HTTP/1.1 500 Simulator\r\ncontent-type: text/plain\r\nconnection: close\r\n`
    socket.end(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  const gone = (): void => {
    isGone = true
    current?.clientClosed()
  }

  socket.setNoDelay(true)
  socket.on('data', (bytes: Buffer) => {
    try {
      queue.push(...reader.push(bytes))
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      socket.end(`HTTP/1.1 ${error.status} Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    if (!isBusy) next()
  })
  socket.on('drain', () => current?.advance())
  socket.on('end', gone)
  socket.on('close', gone)
  socket.on('error', gone) // a reset: `close` follows
}

/** Takes the steps of one answer, as fast as pauses and the client allow. */
class Sending {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #startMs: number
  readonly #exchange: Exchange
  readonly #done: (keepsOpen: boolean) => void
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  #isWaiting = false
  #isOver = false

  constructor(socket: Socket, clock: Clock, exchange: Exchange, done: (keepsOpen: boolean) => void) {
    this.#socket = socket
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
    this.#exchange = exchange
    this.#done = done
  }

  /** Goes on until a pause, a full socket or the end. */
  advance(): void {
    for (let writes = 0; !this.#isWaiting && !this.#isOver; writes++) {
      if (writes === writesPerTurn) {
        this.#pause(0)
        return
      }
      const result = this.#exchange.steps.next()
      if (result.done) return this.#finish('complete', true)
      const step = result.value
      if (step.do === 'wait') this.#pause(step.ms)
      else if (step.do === 'end') this.#end(step.how)
      else if (!this.#write(step)) return // `drain` calls again
    }
  }

  /** The client left: what was sent stays billed, the rest is not made. */
  clientClosed(): void {
    if (!this.#isOver) this.#finish('client-closed', false)
  }

  #pause(ms: number): void {
    this.#isWaiting = true
    const resume = () => {
      this.#isWaiting = false
      this.advance()
    }
    this.#timer = ms === 0 ? setImmediate(resume) : setTimeout(resume, ms)
  }

  #write(step: Extract<Step, { do: 'write' }>): boolean {
    const { receipt } = this.#exchange
    if (receipt) {
      receipt.bytesSent += step.bytes.length
      receipt.timings.firstByteMs ??= this.#elapsedMs()
      if (receipt.billed) receipt.billed.outputTokens += step.tokens
    }
    return this.#socket.write(step.bytes)
  }

  #end(how: 'keep' | 'fin' | 'reset' | 'hang'): void {
    switch (how) {
      case 'keep':
        return this.#finish('complete', true)
      case 'fin':
        return this.#finish('closed', false)
      case 'reset':
        this.#isWaiting = true
        // The bytes before it should reach the client: a reset overtakes what the kernel has not sent.
        this.#socket.write('', () => {
          this.#timer = setTimeout(() => {
            if (this.#isOver) return
            this.#socket.resetAndDestroy()
            this.#finish('reset', false)
          }, 5)
        })
        return
      case 'hang':
        this.#isWaiting = true // until the client leaves
    }
  }

  #finish(ended: Receipt['ended'], keepsOpen: boolean): void {
    this.#isOver = true
    if (this.#timer) {
      clearTimeout(this.#timer as NodeJS.Timeout)
      clearImmediate(this.#timer as NodeJS.Immediate)
    }
    const { receipt, fullOutputTokens } = this.#exchange
    if (receipt) {
      receipt.ended = ended
      receipt.timings.endMs = this.#elapsedMs()
      if (receipt.billed) {
        if (fullOutputTokens !== undefined && receipt.bytesSent > 0)
          receipt.billed.outputTokens = fullOutputTokens
        receipt.billed.reasoningTokens = Math.min(receipt.billed.reasoningTokens, receipt.billed.outputTokens)
      }
    }
    this.#done(keepsOpen)
  }

  #elapsedMs(): number {
    return Math.round((this.#clock.monotonicMs() - this.#startMs) * 1000) / 1000
  }
}
