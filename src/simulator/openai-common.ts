/** Errors and headers of OpenAI and the providers that copy it. */

import type { JsonObject } from '../core/json.ts'
import { identifier } from './identifier.ts'
import type { ErrorWords, HeadersOf } from './wire.ts'

const words: Readonly<Record<number, { type: string; code: string | null }>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  402: { type: 'insufficient_balance', code: 'insufficient_balance' },
  403: { type: 'invalid_request_error', code: 'unsupported_country_region_territory' },
  404: { type: 'invalid_request_error', code: 'model_not_found' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
  500: { type: 'server_error', code: null },
  503: { type: 'server_error', code: 'model_overloaded' },
  529: { type: 'server_error', code: 'model_overloaded' },
}

export function openAiError({ status, message, type, code }: ErrorWords): JsonObject {
  const usual = words[status] ?? { type: status < 500 ? 'invalid_request_error' : 'server_error', code: null }
  return { error: { message, type: type ?? usual.type, param: null, code: code ?? usual.code } }
}

export function openAiHeaders({ n, nowMs, habits, rate }: HeadersOf): [string, string][] {
  const id = identifier('', n, 32).toLowerCase()
  if (habits.errorStyle === 'mistral') {
    return [
      ['mistral-correlation-id', id],
      ['x-ratelimit-limit-req-minute', String(rate?.limit ?? 100)],
      ['x-ratelimit-remaining-req-minute', String(rate?.remaining ?? 97)],
      ['x-ratelimit-limit-tokens-minute', '100000'],
      ['x-ratelimit-remaining-tokens-minute', '93544'],
    ]
  }
  return [
    ['date', new Date(nowMs).toUTCString()],
    ['openai-processing-ms', '7'],
    ['openai-version', '2020-10-01'],
    ['x-request-id', `req_${id}`],
    ['x-ratelimit-limit-requests', String(rate?.limit ?? 30_000)],
    ['x-ratelimit-limit-tokens', '150000000'],
    ['x-ratelimit-remaining-requests', String(rate?.remaining ?? 29_999)],
    ['x-ratelimit-remaining-tokens', '149999985'],
    ['x-ratelimit-reset-requests', `${Math.ceil(rate?.resetMs ?? 2)}ms`],
    ['x-ratelimit-reset-tokens', '0s'],
  ]
}
