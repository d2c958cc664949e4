/** Answers a request that repeats another one under its `idempotency-key` as that one was answered, and runs it once. */

import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { startPruning } from '../housekeeping/pruning.ts'
import type { Claim, ClaimId, ClaimStore, KeptBounds } from './port.ts'

/** Encrypts for one place: whose text it is, and where it is kept. */
export interface Sealer {
  seal(place: readonly (string | number)[], plain: string): Uint8Array
  /** Undefined: it was not sealed so, or has been changed. */
  unseal(place: readonly (string | number)[], sealed: Uint8Array): string | undefined
}

export interface IdempotencyOptions extends KeptBounds {
  readonly store: ClaimStore
  readonly sealer: Sealer
  readonly clock: Clock
  readonly ttlSeconds: number
  /** A larger answer is not kept: its request runs again when it is repeated. */
  readonly maxAnswerBytes: number
  /** Housekeeping failed; it is tried again. */
  onError(cause: unknown): void
}

/** One request that came with a key. */
export interface KeyedRequest {
  readonly org: string
  readonly keyId: string
  /** Of this run. */
  readonly requestId: string
  /** Method and path. */
  readonly route: string
  /** The header's value. */
  readonly key: string
  /** SHA-256, in hexadecimal, of the canonical body. */
  readonly bodySha256: string
}

/** A whole answer, as a client got it. */
export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A run under a key. Exactly one of the two ends it. */
export interface KeyedRun {
  /** The answer is whole: a repeat gets it. Rejects when the store fails. */
  keep(answer: KeptAnswer): Promise<void>
  /** A repeat runs anew. Rejects when the store fails. */
  release(): Promise<void>
}

export type Begun =
  | { readonly run: KeyedRun }
  | { readonly answer: KeptAnswer; /** Of the request that it answered first. */ readonly requestId: string }

export interface Idempotency {
  readonly maxAnswerBytes: number
  /**
   * The kept answer, or the leave to make it. Rejects with `invalid_request`, `idempotency_key_in_use` or
   * `idempotency_key_reused`, and with anything else where the store fails.
   */
  begin(request: KeyedRequest): Promise<Begun>
  /** Ends the housekeeping; done when none is under way. */
  close(): Promise<void>
}

const maxKeyLength = 255
/** A run whose instance died is believed in for as long; one that lives says so three times within it. */
const leaseMs = 60_000
const renewEveryMs = 20_000

/** Its timers keep no process alive. */
export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { store, sealer, clock, ttlSeconds, maxAnswerBytes } = options
  const running = new Set<string>()
  const expiresAtMs = () => clock.nowMs() + ttlSeconds * 1000
  const pruning = startPruning({
    step: (limit) => store.prune(clock.nowMs(), options, limit),
    onError: options.onError,
  })
  const tasks = [startRenewal(options, running), pruning]

  const runOf = (id: ClaimId, requestId: string): KeyedRun => {
    running.add(requestId)
    return {
      async keep(answer) {
        running.delete(requestId)
        if (answer.body.length > maxAnswerBytes) return store.release(id, requestId)
        const untilMs = expiresAtMs()
        const sealed = sealer.seal(placeOf(id, requestId, untilMs), toText(answer))
        return store.complete(id, requestId, sealed, untilMs)
      },
      release() {
        running.delete(requestId)
        return store.release(id, requestId)
      },
    }
  }

  return {
    maxAnswerBytes,
    async begin({ org, keyId, requestId, route, key, bodySha256 }) {
      checkKey(key)
      const id: ClaimId = { org, keyId, digest: digestOf(route, key) }
      const nowMs = clock.nowMs()
      const mine: Claim = {
        ...id,
        requestId,
        bodySha256,
        leaseUntilMs: nowMs + leaseMs,
        expiresAtMs: expiresAtMs(),
      }
      const standing = await store.claim(mine, nowMs)
      if (standing.requestId === requestId) return { run: runOf(id, requestId) }
      if (standing.bodySha256 !== bodySha256) throw reused()
      if (standing.answer === undefined) throw inUse()
      const text = sealer.unseal(placeOf(id, standing.requestId, standing.expiresAtMs), standing.answer)
      if (text === undefined) throw new Error('a kept answer could not be read')
      return { answer: fromText(text), requestId: standing.requestId }
    },
    async close() {
      await Promise.all(tasks.map((task) => task.stop()))
    },
  }
}

function checkKey(key: string): void {
  if (key.length > 0 && key.length <= maxKeyLength) return
  const message = `\`idempotency-key\` must be of 1 to ${maxKeyLength} characters.`
  throw new GatewayError('invalid_request', message, { param: 'idempotency-key' })
}

function inUse(): GatewayError {
  return new GatewayError(
    'idempotency_key_in_use',
    'A request with this `idempotency-key` is still running.',
    { retryAfterMs: 1_000 },
  )
}

function reused(): GatewayError {
  return new GatewayError(
    'idempotency_key_reused',
    'This `idempotency-key` was sent before, with another body.',
    { param: 'idempotency-key' },
  )
}

/** Clients' keys may say more than they should: only their digest is kept. */
function digestOf(route: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([route, key]))
    .digest('hex')
}

/** All that says whose an answer is and how long it lives: none of it can be changed without losing the text. */
function placeOf({ org, keyId, digest }: ClaimId, requestId: string, expiresAtMs: number) {
  return [org, 'idempotency_claims', keyId, digest, requestId, expiresAtMs, 'answer']
}

function toText({ status, headers, body }: KeptAnswer): string {
  return JSON.stringify({ status, headers, body: body.toString('base64') })
}

/** Only `toText` can have made text that unseals. */
function fromText(text: string): KeptAnswer {
  const { body, ...rest } = JSON.parse(text) as Omit<KeptAnswer, 'body'> & { readonly body: string }
  return { ...rest, body: Buffer.from(body, 'base64') }
}

interface Task {
  /** Resolves when nothing of it is under way. */
  stop(): Promise<void>
}

/** Says that this instance's runs go on. */
function startRenewal({ store, clock, onError }: IdempotencyOptions, running: ReadonlySet<string>): Task {
  let underWay = Promise.resolve()
  const renew = () => {
    if (running.size === 0) return
    underWay = store.renew([...running], clock.nowMs() + leaseMs).catch(onError)
  }
  const timer = setInterval(renew, renewEveryMs).unref()
  return {
    stop() {
      clearInterval(timer)
      return underWay
    },
  }
}
