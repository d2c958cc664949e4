/** What the client is told: the answer, or the error in its own dialect, with the headers of both. */

import { GatewayError } from '../core/error.ts'
import { type JsonObject, isObject } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import type { Account } from '../ledger/account.ts'
import type { Exchange } from './exchange.ts'
import { withoutOwnWords } from './own-words.ts'

/** Sends what the last attempt brought; a streamed answer has been sent already. */
export function respond(exchange: Exchange): void {
  const { last, outlet, attempts } = exchange
  if (!last || last.error) throw last?.error ?? new GatewayError('internal', 'The plan has no target.')
  if (last.body === undefined) return
  const headers = answerHeaders(exchange, last.target, attempts.length, last.dropped)
  if (exchange.contract) headers['x-weir-contract'] = exchange.contract.path(last.contract)
  headers['content-type'] = 'application/json; charset=utf-8'
  if (last.isEstimate) headers['x-weir-estimate'] = '1'
  const costNanoUsd = costOf(exchange)
  if (costNanoUsd !== undefined) headers['x-weir-cost-usd'] = formatUsd(costNanoUsd)
  outlet.send(200, headers, last.body)
}

/** Answers with an error in the client's dialect, unless the answer has begun: then the stream has told it. */
export function refuse(exchange: Exchange, error: GatewayError): void {
  const { inbound, outlet, last, attempts, parts } = exchange
  exchange.error = error
  exchange.status = error.status
  parts.onError(withoutOwnWords(error, exchange.call), inbound.id)
  exchange.borrowing?.abandon(error)
  if (last?.isCommitted || exchange.borrowing?.isTold) return
  if (outlet.isGone || exchange.heartbeat?.fail(error)) return
  const headers: Record<string, string> = last
    ? answerHeaders(exchange, last.target, attempts.length, last.dropped)
    : { 'x-weir-request-id': inbound.id, ...exchange.admission?.headers }
  if (last?.contract && exchange.contract) headers['x-weir-contract'] = exchange.contract.path(last.contract)
  headers['content-type'] = 'application/json; charset=utf-8'
  // Weir has retried what could be retried: an SDK that repeats the call would only multiply the load upstream.
  headers['x-should-retry'] = String(error.rule.retry === 'after' && error.rule.blame !== 'upstream')
  if (error.retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  outlet.send(error.status, headers, JSON.stringify(withBreach(inbound.encodeError(error), error)))
}

/** What the last answer was, and what was wrong with it, beside the dialect's own members of an error. */
function withBreach(body: JsonObject, { contract }: GatewayError): JsonObject {
  if (contract === undefined) return body
  const told = { kind: contract.kind, errors: contract.faults, text: contract.text }
  const { error } = body
  return isObject(error) ? { ...body, error: { ...error, contract: told } } : { ...body, contract: told }
}

/** Of all attempts; undefined where one of them is not settled yet, or none costs anything. */
export function costOf({ accounts }: Exchange): number | undefined {
  const isSettled = accounts.every(({ chargedNanoUsd }) => chargedNanoUsd !== undefined)
  return accounts.length > 0 && isSettled ? sumOf(accounts, mostOf) : undefined
}

/** What an attempt costs its caller, at most. */
export function mostOf({ chargedNanoUsd, reservedNanoUsd }: Account): number {
  return chargedNanoUsd ?? reservedNanoUsd
}

export function sumOf(accounts: readonly Account[], amountOf: (account: Account) => number): number {
  return accounts.reduce((sum, account) => sum + amountOf(account), 0)
}

export function answerHeaders(
  { inbound, admission, borrowing, accounts, assignment }: Exchange,
  { provider, model }: { readonly provider: { readonly name: string }; readonly model: string },
  attempts: number,
  dropped: readonly string[],
): Record<string, string> {
  const headers: Record<string, string> = {
    'x-weir-request-id': inbound.id,
    'x-weir-provider': provider.name,
    'x-weir-model': headerText(model),
    'x-weir-attempts': String(attempts),
    ...admission?.headers,
  }
  if (borrowing) headers['x-weir-cache'] = borrowing.outcome
  if (assignment) headers['x-weir-experiment'] = `${assignment.name}=${assignment.arm}`
  if (dropped.length > 0) headers['x-weir-dropped'] = headerText(dropped.join(', '))
  const { remainingNanoUsd, maxOutputTokens } = accounts.at(-1) ?? {}
  if (remainingNanoUsd !== undefined) headers['x-weir-budget-remaining-usd'] = formatUsd(remainingNanoUsd)
  if (maxOutputTokens !== undefined) headers['x-weir-max-tokens-clamped'] = String(maxOutputTokens)
  return headers
}

/** Model names come from clients: what HTTP does not allow in a header is left out rather than thrown at. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024)
}
