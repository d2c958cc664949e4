/** Turns what a provider said about a failed call into the gateway's error: the one mapping for all dialects. */

import { type ErrorCode, errorTable, GatewayError, type UpstreamFault } from '../core/error.ts'
import { defined } from '../core/json.ts'

/** The parts of a provider's error answer that a dialect could read; all are absent for HTML or an empty body. */
export interface ProviderWords {
  readonly type?: string | undefined
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly param?: string | undefined
  /** How long to wait, where the body itself says so. Headers are read elsewhere. */
  readonly retryAfterMs?: number | undefined
}

const maxMessageBytes = 2048

const quotaWords = new Set([
  'insufficient_quota',
  'billing_error',
  'billing_hard_limit_reached',
  'billing_not_active',
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'linked_organization_spend_limit_reached',
  'insufficient_balance',
  'ServiceQuotaExceededException',
])
const authWords = new Set(['invalid_api_key', 'API_KEY_INVALID', 'authentication_error'])
const contextWords = new Set(['context_length_exceeded', 'TOO_MANY_TOKENS'])
const filterWords = new Set(['content_filter', 'content_policy_violation', 'ResponsibleAIPolicyViolation'])
const overloadWords = new Set(['overloaded_error', 'model_overloaded', 'UNAVAILABLE'])

// Some providers have no code for these, only prose. "Exceeded your current quota" is deliberately not here:
// Gemini says it for limits of a minute as well.
const quotaProse = /credit balance is too low|insufficient (?:balance|credits?|funds)|spend(?:ing)? limit/i
const contextProse =
  /(?:prompt|input) (?:is )?too long|too many tokens|context (?:length|window|limit)|(?:input tokens?(?: count)?|token count)\b.{0,40}\bexceed/i

/**
 * The error for a call that the provider answered with `status`. Total over any status; one below 400 means
 * that the answer had no usable error status (a redirect, an error inside a 200) and counts as the provider's
 * fault, so a dialect first maps an error type inside a 200 to the status which it stands for.
 */
export function faultFromStatus(status: number, words: ProviderWords): GatewayError {
  const code = codeOf(status, words)
  const message = words.message === undefined ? undefined : firstBytes(words.message, maxMessageBytes)
  const upstream: UpstreamFault = {
    status,
    ...defined({ type: words.type, code: words.code, param: words.param, message }),
  }
  const caller = isForCaller(code) ? message?.trim() : undefined
  return new GatewayError(code, caller || ownMessage(code, status), {
    ...(code === 'upstream_rejected' ? { status } : {}),
    ...(isForCaller(code) ? defined({ param: words.param }) : {}),
    ...defined({ retryAfterMs: words.retryAfterMs }),
    upstream,
  })
}

function codeOf(status: number, words: ProviderWords): ErrorCode {
  if (status >= 400 && status < 500) return codeOfRefusal(status, words)
  if (status === 529 || status === 503 || says(words, overloadWords)) return 'upstream_overloaded'
  if (status === 504) return 'upstream_timeout'
  return 'upstream_error'
}

function codeOfRefusal(status: number, words: ProviderWords): ErrorCode {
  const message = words.message ?? ''
  if (status === 402 || says(words, quotaWords) || quotaProse.test(message)) return 'upstream_quota'
  if (status === 401 || status === 403 || says(words, authWords)) return 'upstream_auth'
  if (status === 429) return 'upstream_rate_limit'
  if (says(words, overloadWords)) return 'upstream_overloaded'
  if (says(words, contextWords) || contextProse.test(message)) return 'context_length_exceeded'
  if (says(words, filterWords)) return 'content_filtered'
  // Without words the path itself is unknown there: a wrong base URL, not a wrong model.
  if (status === 404 && (words.type ?? words.code ?? words.message) !== undefined) return 'model_not_found'
  if (status === 408) return 'upstream_timeout'
  return 'upstream_rejected'
}

function says({ code = '', type = '' }: ProviderWords, known: ReadonlySet<string>): boolean {
  return known.has(code) || known.has(type)
}

/** Whether the provider's words may reach the caller: only where the caller's request is to blame. */
function isForCaller(code: ErrorCode): boolean {
  return errorTable[code].blame === 'caller'
}

function ownMessage(code: ErrorCode, status: number): string {
  switch (code) {
    case 'upstream_error':
      return status < 400
        ? 'The provider reported a failure inside of its answer.'
        : `The provider failed with status ${status}.`
    case 'upstream_rejected':
      return `The provider refused the request with status ${status}.`
    default:
      return errorTable[code].meaning
  }
}

/** The longest prefix of whole characters that fits in `maxBytes` bytes of UTF-8. */
function firstBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text
  const bytes = new Uint8Array(maxBytes)
  const { read } = new TextEncoder().encodeInto(text, bytes)
  return text.slice(0, read)
}

/** What a provider sent is not what its dialect says. */
export function protocolFault(problem: string): GatewayError {
  return new GatewayError('upstream_protocol', problem)
}
