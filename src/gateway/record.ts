/** What is kept about a request when it is over. */

import type { Principal } from '../access/principal.ts'
import type { ContractOutcome } from '../core/contract.ts'
import type { GatewayError } from '../core/error.ts'
import type { Guarding } from '../guardrails/guard.ts'
import type { AttemptRecord, CacheRecord, RequestRecord } from '../records/record.ts'
import type { Attempt } from '../routing/make-attempt.ts'
import { isRoute } from '../routing/route.ts'
import type { Call } from '../upstream/operation.ts'
import { costOf } from './answer.ts'
import type { Borrowing } from './borrowing.ts'
import type { Exchange } from './exchange.ts'
import { withoutOwnWords } from './own-words.ts'

export function toRecord(exchange: Exchange, principal: Principal): RequestRecord {
  const { inbound, call, plan, last, error, startedMs, atMs, attempts, parts, user, session, contract } =
    exchange
  const { borrowing, destination } = exchange
  const source = last ? { provider: last.target.provider.name, model: last.target.model } : borrowing?.answer
  const borrowed = borrowing && isRoute(destination!) ? destination : undefined
  const route = plan?.route ?? borrowed?.name
  const revision = plan?.revision ?? borrowed?.revision
  const endedMs = parts.clock.monotonicMs()
  const costNanoUsd = exchange.accounts.length === 0 ? 0 : costOf(exchange)
  const inAttemptsMs = attempts.reduce((sum, made) => sum + made.endedMs - made.startedMs, 0)
  return {
    id: inbound.id,
    org: principal.org,
    atMs,
    dialect: inbound.dialect,
    operation: inbound.operation,
    requestedModel: call?.model ?? '',
    keyId: principal.keyId,
    keyName: principal.keyName,
    tags: exchange.tags,
    stream: call?.stream ?? false,
    status: exchange.status,
    durationMs: toMs(endedMs - startedMs),
    overheadMs: Math.max(0, toMs(endedMs - startedMs - inAttemptsMs)), // a hedge runs beside another
    dropped: last?.dropped ?? borrowing?.answer?.dropped ?? [],
    clientGone: error?.code === 'client_gone',
    attempts: attempts.map((made) => toAttemptRecord(made, startedMs, call)),
    ...(inbound.clientAddress !== undefined && { clientAddress: inbound.clientAddress }),
    ...(exchange.replayOf !== undefined && { replayOf: exchange.replayOf }),
    ...(route !== undefined && { route }),
    ...(revision !== undefined && { revision }),
    ...(plan?.decision && { decision: plan.decision }),
    ...(exchange.assignment && { experiment: exchange.assignment }),
    ...(source && { provider: source.provider, model: source.model }),
    ...(principal.team && { team: principal.team.id }),
    ...userOf(user, principal.user?.id),
    ...(session !== undefined && { session }),
    ...(error && { code: error.code, message: withoutOwnWords(error, call).message }),
    ...(last?.firstTokenMs !== undefined && { firstTokenMs: toMs(last.firstTokenMs - startedMs) }),
    ...(last?.usage && { usage: last.usage }),
    ...(costNanoUsd !== undefined && { costNanoUsd }),
    ...(last?.finish !== undefined && { finish: last.finish }),
    ...(last?.contract && contract && { contract: contract.path(last.contract) }),
    ...(exchange.guarding && guardrailsOf(exchange.guarding)),
    ...(borrowing && { cache: toCacheRecord(borrowing) }),
  }
}

/** Whom the caller named, for which nobody has vouched; else who owns the key. */
function userOf(
  named: string | undefined,
  owner: string | undefined,
): Pick<RequestRecord, 'user' | 'isUserClaimed'> | undefined {
  if (named !== undefined && named !== owner) return { user: named, isUserClaimed: true }
  return owner === undefined ? undefined : { user: owner }
}

function guardrailsOf({ decisions }: Guarding): Pick<RequestRecord, 'guardrails'> {
  const { list } = decisions
  return list.length === 0 ? {} : { guardrails: list }
}

function toCacheRecord({ outcome, answer, similarity }: Borrowing): CacheRecord {
  return {
    outcome,
    ...(answer?.costNanoUsd !== undefined && { savedNanoUsd: answer.costNanoUsd }),
    ...(similarity !== undefined && { similarity }),
  }
}

function toAttemptRecord(made: Attempt, startedMs: number, call: Call | undefined): AttemptRecord {
  return {
    n: made.n,
    provider: made.target.provider.name,
    model: made.target.model,
    startedMs: toMs(made.startedMs - startedMs),
    endedMs: toMs(made.endedMs - startedMs),
    dropped: made.dropped,
    ...(made.target.provider.credentials.length > 1 && { credential: made.target.credential.alias }),
    ...(made.isEmpty && { empty: true }),
    ...(made.isContinuation && { continues: true }),
    ...(made.headersMs !== undefined && { headersMs: toMs(made.headersMs - startedMs) }),
    ...(made.firstTokenMs !== undefined && { firstTokenMs: toMs(made.firstTokenMs - startedMs) }),
    ...(made.status !== undefined && { status: made.status }),
    ...(made.error && { code: made.error.code, message: toldBy(withoutOwnWords(made.error, call)) }),
    ...(made.usage && { usage: made.usage }),
    ...(made.contract && { contract: contractWords(made.contract) }),
    ...(made.upstreamRequestId !== undefined && { upstreamRequestId: made.upstreamRequestId }),
  }
}

function toldBy({ message, upstream }: GatewayError): string {
  return upstream?.message ?? message
}

/** `native: repaired (comma, around)` */
function contractWords({ mode, found, mends, toolFaults }: ContractOutcome): string {
  const mended = mends.length > 0 ? ` (${mends.join(', ')})` : ''
  const calls = toolFaults ? `; tool calls: ${toolFaults.length} faults` : ''
  return `${mode ?? 'tools'}: ${found}${mended}${calls}`
}

/** To the microsecond: more digits say nothing, and cost time to write. */
function toMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
