/** Requests that carry an `idempotency-key`: the first runs, its repeats get the same answer. */

import { GatewayError } from '../core/error.ts'
import type { Idempotency, KeptAnswer } from '../idempotency/idempotency.ts'
import type { Attempt } from '../routing/make-attempt.ts'
import { RecordingOutlet } from '../upstream/recording-outlet.ts'
import type { Exchange, Keyed } from './exchange.ts'
import type { Fingerprint } from './parts.ts'

/**
 * True where an earlier request with the same `idempotency-key` has been answered, and this one is answered alike.
 * Undefined where the request has no such key.
 */
export function repeat(exchange: Exchange): Promise<boolean> | undefined {
  const fingerprint = exchange.inbound.fingerprint?.()
  return fingerprint && beginOrRepeat(exchange, fingerprint)
}

async function beginOrRepeat(exchange: Exchange, fingerprint: Fingerprint): Promise<boolean> {
  const { inbound, principal, parts } = exchange
  const { org, keyId } = principal!
  const key = inbound.header('idempotency-key') ?? ''
  let begun: Awaited<ReturnType<Idempotency['begin']>>
  try {
    begun = await parts.idempotency.begin({ org, keyId, requestId: inbound.id, key, ...fingerprint })
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    // Without the store no repeat is known; a request that runs twice is better than none that runs.
    parts.onError(new GatewayError('internal', 'Idempotency keys could not be read.', { cause }), inbound.id)
    return false
  }
  if ('run' in begun) {
    const recorded = new RecordingOutlet(exchange.outlet, parts.idempotency.maxAnswerBytes)
    exchange.keyed = { run: begun.run, recorded }
    exchange.outlet = recorded
    return false
  }
  exchange.replayOf = begun.requestId
  exchange.status = begun.answer.status
  const headers = { ...begun.answer.headers, 'x-weir-request-id': inbound.id, 'idempotent-replayed': 'true' }
  exchange.outlet.send(begun.answer.status, headers, begun.answer.body)
  return true
}

/** Keeps the answer for repeats of the request, or lets them run anew. Undefined where it has no key. */
export function endRun(exchange: Exchange): Promise<void> | undefined {
  return exchange.keyed && endKeyed(exchange, exchange.keyed)
}

async function endKeyed(
  { error, attempts, parts, inbound }: Exchange,
  { run, recorded }: Keyed,
): Promise<void> {
  const { answer } = recorded
  try {
    if (answer && (error === undefined || isFinal(error, attempts))) await run.keep(toKept(answer))
    else await run.release()
  } catch (cause) {
    parts.onError(new GatewayError('internal', 'An answer could not be kept.', { cause }), inbound.id)
  }
}

/** May the failed request have been billed? One that a provider refused, or never saw, may run again. */
function isFinal({ rule }: GatewayError, attempts: readonly Attempt[]): boolean {
  if (rule.blame === 'gateway') return false
  const isBroken = attempts.some(({ isCommitted }) => isCommitted)
  return !isBroken && attempts.some(({ phase, status }) => phase !== 'unsent' && (status ?? 0) < 400)
}

/** Of the headers, those that tell of the answer itself. */
const keptHeaders = [
  ...(['content-type', 'content-disposition', 'x-content-type-options', 'content-security-policy'] as const),
  ...(['x-weir-provider', 'x-weir-model', 'x-weir-dropped', 'x-weir-estimate', 'x-should-retry'] as const),
]

function toKept({ status, headers, body }: KeptAnswer): KeptAnswer {
  const kept: Record<string, string> = {}
  for (const name of keptHeaders) if (headers[name] !== undefined) kept[name] = headers[name]
  return { status, headers: kept, body }
}
