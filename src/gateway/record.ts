/** What is kept about a request when it is over. */

import type { Principal } from '../access/principal.ts'
import type { ContractOutcome } from '../core/contract.ts'
import type { GatewayError } from '../core/error.ts'
import type { AttemptRecord, CacheRecord, RequestRecord } from '../records/record.ts'
import type { Attempt } from '../routing/make-attempt.ts'
import { isRoute } from '../routing/route.ts'
import type { Call } from '../upstream/operation.ts'
import { costOf } from './answer.ts'
import type { Borrowing } from './borrowing.ts'
import type { Exchange } from './exchange.ts'
import { withoutOwnWords } from './own-words.ts'

/** Its parts are added one by one: each request makes one, and objects that are spread into another cost time. */
type Draft = { -readonly [Name in keyof RequestRecord]: RequestRecord[Name] }

export function toRecord(exchange: Exchange, principal: Principal): RequestRecord {
  const { inbound, call, last, error, startedMs, attempts } = exchange
  const endedMs = exchange.parts.clock.monotonicMs()
  const inAttemptsMs = attempts.reduce((sum, made) => sum + made.endedMs - made.startedMs, 0)
  const record: Draft = {
    id: inbound.id,
    org: principal.org,
    atMs: exchange.atMs,
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
    dropped: last?.dropped ?? exchange.borrowing?.answer?.dropped ?? [],
    clientGone: error?.code === 'client_gone',
    attempts: attempts.map((made) => toAttemptRecord(made, startedMs, call)),
  }
  addCaller(record, exchange, principal)
  addRoute(record, exchange)
  addEnd(record, exchange)
  return record
}

function addCaller(record: Draft, exchange: Exchange, principal: Principal): void {
  const { clientAddress } = exchange.inbound
  const { user, session } = exchange
  if (clientAddress !== undefined) record.clientAddress = clientAddress
  if (principal.team) record.team = principal.team.id
  const owner = principal.user?.id
  // Whom the caller named, for which nobody has vouched; else who owns the key.
  if (user !== undefined && user !== owner) {
    record.user = user
    record.isUserClaimed = true
  } else if (owner !== undefined) record.user = owner
  if (session !== undefined) record.session = session
}

/** Which way it went, and who answered. */
function addRoute(record: Draft, exchange: Exchange): void {
  const { plan, destination, borrowing, assignment, last } = exchange
  const borrowed = borrowing && isRoute(destination!) ? destination : undefined
  const route = plan?.route ?? borrowed?.name
  const revision = plan?.revision ?? borrowed?.revision
  if (route !== undefined) record.route = route
  if (revision !== undefined) record.revision = revision
  if (plan?.decision) record.decision = plan.decision
  if (assignment) record.experiment = assignment
  if (last) {
    record.provider = last.target.provider.name
    record.model = last.target.model
  } else if (borrowing?.answer) {
    record.provider = borrowing.answer.provider
    record.model = borrowing.answer.model
  }
}

/** What came of it. */
function addEnd(record: Draft, exchange: Exchange): void {
  const { error, last, contract, guarding, borrowing, replayOf } = exchange
  if (replayOf !== undefined) record.replayOf = replayOf
  if (error) {
    record.code = error.code
    record.message = withoutOwnWords(error, exchange.call).message
  }
  const costNanoUsd = exchange.accounts.length === 0 ? 0 : costOf(exchange)
  if (costNanoUsd !== undefined) record.costNanoUsd = costNanoUsd
  if (last?.firstTokenMs !== undefined) record.firstTokenMs = toMs(last.firstTokenMs - exchange.startedMs)
  if (last?.usage) record.usage = last.usage
  if (last?.finish !== undefined) record.finish = last.finish
  if (last?.contract && contract) record.contract = contract.path(last.contract)
  const decided = guarding?.decisions.list
  if (decided && decided.length > 0) record.guardrails = decided
  if (borrowing) record.cache = toCacheRecord(borrowing)
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
