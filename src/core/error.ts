/** The one table of errors: what each code answers, whether another attempt may help, and who is to blame. */

import type { Breach } from './breach.ts'

/**
 * `never`: no attempt can help. `after`: the same request may succeed later, on this target after its
 * `retryAfterMs`, on another at once. `if-unsent`: another attempt may help while the client has seen no byte.
 */
export type RetryRule = 'never' | 'after' | 'if-unsent'

export interface ErrorRule {
  readonly status: number
  readonly retry: RetryRule
  /** Drives health, alerts and billing: only `upstream` counts against a target. */
  readonly blame: 'caller' | 'upstream' | 'gateway'
  readonly meaning: string
  readonly mend: string
}

export const errorTable = {
  invalid_request: {
    status: 400,
    retry: 'never',
    blame: 'caller',
    meaning: 'The request is malformed: not JSON, of a wrong type, or missing a field.',
    mend: 'Correct the field that the message names.',
  },
  unsupported_parameter: {
    status: 400,
    retry: 'never',
    blame: 'caller',
    meaning: 'With `x-weir-strict: 1`: the target cannot carry a parameter of the request.',
    mend: 'Remove the parameter, choose another target, or drop the header to have it reported instead.',
  },
  context_length_exceeded: {
    status: 400,
    retry: 'never',
    blame: 'caller',
    meaning: "The prompt does not fit the model's context window.",
    mend: 'Shorten the prompt or route to a model with a larger window.',
  },
  content_filtered: {
    status: 400,
    retry: 'never',
    blame: 'caller',
    meaning: "The provider's content filter refused the prompt.",
    mend: "Change the prompt; the provider's reason is in the message.",
  },
  guardrail_blocked: {
    status: 400,
    retry: 'never',
    blame: 'caller',
    meaning: 'A guardrail of the route refused the prompt or the answer; the message names it.',
    mend: 'Leave out what the guardrail is for, or have its rule changed under `guardrails`.',
  },
  authentication_failed: {
    status: 401,
    retry: 'never',
    blame: 'caller',
    meaning: 'The key is missing, malformed, unknown, revoked or expired. Which of them is not told.',
    mend: 'Send a valid Weir key as `Authorization: Bearer` or in the header your SDK uses.',
  },
  model_not_allowed: {
    status: 403,
    retry: 'never',
    blame: 'caller',
    meaning: 'The key may not use this model or route.',
    mend: "Ask for the model to be added to the key's `models`.",
  },
  address_not_allowed: {
    status: 403,
    retry: 'never',
    blame: 'caller',
    meaning: 'The key is bound to other addresses than the one that the request comes from.',
    mend: "Call from an allowed address, or change the key's `allowedAddresses`; behind a proxy, see `server.trustedProxies`.",
  },
  permission_denied: {
    status: 403,
    retry: 'never',
    blame: 'caller',
    meaning: 'The identity is known but may not do this.',
    mend: 'Use an identity with the right role.',
  },
  not_found: {
    status: 404,
    retry: 'never',
    blame: 'caller',
    meaning: 'There is no such path or object.',
    mend: 'Check the path and the id.',
  },
  model_not_found: {
    status: 404,
    retry: 'never',
    blame: 'caller',
    meaning: 'No route, configured provider or provider model has this name.',
    mend: 'Send a route name or `provider/model`; `GET /v1/models` lists both.',
  },
  no_eligible_target: {
    status: 400,
    retry: 'never',
    blame: 'caller',
    meaning: "None of the route's targets can take the request; the message says why for each.",
    mend: 'Change what the message names, or add a target to the route that can take it.',
  },
  method_not_allowed: {
    status: 405,
    retry: 'never',
    blame: 'caller',
    meaning: 'The path exists, but not with this method.',
    mend: 'Use the method in the `allow` header.',
  },
  idempotency_key_in_use: {
    status: 409,
    retry: 'after',
    blame: 'caller',
    meaning: 'A request with the same `idempotency-key` is still running.',
    mend: 'Repeat it after `retry-after`: its answer is there then.',
  },
  idempotency_key_reused: {
    status: 422,
    retry: 'never',
    blame: 'caller',
    meaning: 'The `idempotency-key` has been used by the same key on the same path for another body.',
    mend: 'Send a new `idempotency-key` for each request that differs.',
  },
  conflict: {
    status: 409,
    retry: 'never',
    blame: 'caller',
    meaning: 'The object is in a state that does not allow this, or was changed by somebody else meanwhile.',
    mend: 'Read it again and repeat what still makes sense.',
  },
  gate_missing: {
    status: 409,
    retry: 'never',
    blame: 'caller',
    meaning: 'The route is protected, and no fresh gate has passed this revision.',
    mend: 'Run the evaluation with the revision as its candidate, or override with a reason.',
  },
  request_too_large: {
    status: 413,
    retry: 'never',
    blame: 'caller',
    meaning: 'The body is larger, more deeply nested or of more parts than the gateway accepts.',
    mend: 'Send less, or raise the limit under `server.limits`.',
  },
  unsupported_media_type: {
    status: 415,
    retry: 'never',
    blame: 'caller',
    meaning: 'The body is not of a content type or encoding that this path reads.',
    mend: 'Send `content-type: application/json` without `content-encoding`.',
  },
  host_not_allowed: {
    status: 421,
    retry: 'never',
    blame: 'caller',
    meaning:
      'Administration, dashboard and metrics answer by names of this gateway alone, and the `Host` of the request is none.',
    mend: 'Come by its address, or add the name to `server.allowedHosts`; behind a proxy, set `admin.url`.',
  },
  client_gone: {
    status: 499,
    retry: 'never',
    blame: 'caller',
    meaning: 'The client closed the connection before the answer ended. Never sent; for records only.',
    mend: 'Nothing, or a longer client timeout.',
  },
  superseded: {
    status: 499,
    retry: 'never',
    blame: 'gateway',
    meaning: 'Another attempt at the same request answered first. Never sent; for records of attempts only.',
    mend: 'Nothing.',
  },
  internal: {
    status: 500,
    retry: 'never',
    blame: 'gateway',
    meaning: 'A fault in Weir itself.',
    mend: 'Report it with the request id.',
  },
  unsupported_operation: {
    status: 501,
    retry: 'if-unsent',
    blame: 'caller',
    meaning: 'The target has no such operation in any dialect that Weir can translate to.',
    mend: 'Choose a target that offers it.',
  },
  upstream_error: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: 'The provider answered with a fault of its own (5xx, or an error inside a 200).',
    mend: 'Retry later or add another target to the route.',
  },
  upstream_unreachable: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: 'No connection to the provider: refused, reset, or its TLS certificate is not valid.',
    mend: "Check the provider's `baseUrl` and its status page.",
  },
  upstream_dns: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: "The provider's name does not resolve.",
    mend: "Check the provider's `baseUrl` and the machine's resolver.",
  },
  upstream_truncated: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: 'The answer ended before its terminal event: it is incomplete.',
    mend: 'Retry; never use the partial answer as a whole one.',
  },
  upstream_protocol: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: 'The provider answered in a form that is not of its dialect.',
    mend: "Check the provider's `type` and `baseUrl`.",
  },
  upstream_auth: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: "The provider refused the gateway's credential.",
    mend: "Renew the provider's key in the gateway's configuration.",
  },
  upstream_quota: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: "The gateway's account at the provider is out of credit or quota.",
    mend: 'Top the account up or add another credential.',
  },
  contract_unsatisfied: {
    status: 502,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: 'No target gave an answer that is valid against the schema of the request.',
    mend: 'See `contract` in the body for what was wrong; loosen the schema, or add a more capable target.',
  },
  egress_blocked: {
    status: 502,
    retry: 'never',
    blame: 'gateway',
    meaning: 'The address of the target is private or reserved, and the configuration does not allow it.',
    mend: 'Set `allowPrivateNetwork: true` on that provider if the address is meant.',
  },
  upstream_rejected: {
    status: 400,
    retry: 'never',
    blame: 'caller',
    meaning: "The provider refused the request as invalid; the status is the provider's.",
    mend: 'Correct what the message names.',
  },
  rate_limited: {
    status: 429,
    retry: 'after',
    blame: 'caller',
    meaning:
      'A limit of the configuration on requests, tokens or concurrent requests is reached; the message says which.',
    mend: 'Wait for `retry-after`, or have the limit raised.',
  },
  budget_exceeded: {
    status: 429,
    retry: 'never',
    blame: 'caller',
    meaning: 'A hard budget has no room for what the call may cost; the message says which, and until when.',
    mend: 'Wait for the next period, ask for less (`max_tokens`), or have the cap raised.',
  },
  request_too_expensive: {
    status: 400,
    retry: 'if-unsent',
    blame: 'caller',
    meaning: 'By its worst case the request may cost more than its key allows for one.',
    mend: "Ask for less (`max_tokens`, a shorter prompt), or have the key's `maxUsdPerRequest` raised.",
  },
  price_unknown: {
    status: 400,
    retry: 'if-unsent',
    blame: 'gateway',
    meaning: 'A hard cap applies, and what the call may cost cannot be told: no known price, or no bound.',
    mend: 'Set the price of the model under `models`, or let such calls through with `ledger.unknownCost: allow`.',
  },
  upstream_rate_limit: {
    status: 429,
    retry: 'after',
    blame: 'upstream',
    meaning: "The provider's rate limit is reached on every target of the route.",
    mend: 'Wait for `retry-after`, or add targets or credentials.',
  },
  upstream_overloaded: {
    status: 503,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: 'The provider says that it is overloaded.',
    mend: 'Retry later or add another target.',
  },
  budget_unavailable: {
    status: 503,
    retry: 'after',
    blame: 'gateway',
    meaning:
      'The counters of a hard budget, which all instances share, are out of reach or being counted anew, and what this instance keeps of it does not cover the call.',
    mend: "Retry after `retry-after`; see to the gateway's Redis. Budgets that are not hard go on without it.",
  },
  ledger_unavailable: {
    status: 503,
    retry: 'after',
    blame: 'gateway',
    meaning: 'The ledger cannot be written (disk full, I/O error): calls that cost money are not made.',
    mend: "Free space in the gateway's data directory, or mend its disk; the log has the cause.",
  },
  overloaded: {
    status: 503,
    retry: 'after',
    blame: 'gateway',
    meaning: 'The gateway itself has no capacity left for this request.',
    mend: 'Retry after `retry-after`; add instances.',
  },
  guardrail_unavailable: {
    status: 503,
    retry: 'after',
    blame: 'gateway',
    meaning: 'A guardrail that asks a moderation, a model or a webhook had no answer in time.',
    mend: 'Retry later; `onFault: allow` on the rule lets requests pass without its answer.',
  },
  store_unavailable: {
    status: 503,
    retry: 'after',
    blame: 'gateway',
    meaning: "The gateway's own database cannot be reached, is too slow, or cannot write.",
    mend: "Retry after a while; the log has the database's own words.",
  },
  storage_full: {
    status: 507,
    retry: 'never',
    blame: 'gateway',
    meaning: 'There is no room for this file: on the disk, or within what an organisation may keep.',
    mend: 'Delete files that are no longer needed, or give the gateway more space (`files.maxTotalBytes`, its disk).',
  },
  server_shutdown: {
    status: 503,
    retry: 'after',
    blame: 'gateway',
    meaning: 'This instance is draining.',
    mend: 'Retry: another instance answers.',
  },
  upstream_timeout: {
    status: 504,
    retry: 'if-unsent',
    blame: 'upstream',
    meaning: 'The provider did not connect, answer, or go on in time.',
    mend: "Retry, or raise the target's `timeout`.",
  },
  not_cached: {
    status: 504,
    retry: 'never',
    blame: 'caller',
    meaning: 'The request wanted an answer from the cache only (`x-weir-cache: only`), and there is none.',
    mend: 'Ask without that header.',
  },
  deadline_exceeded: {
    status: 504,
    retry: 'never',
    blame: 'caller',
    meaning: "The client's own deadline (`x-weir-timeout-ms`) ran out.",
    mend: 'Allow more time or choose a faster target.',
  },
} as const satisfies Record<string, ErrorRule>

export type ErrorCode = keyof typeof errorTable

/** What the provider said, for operators and records; callers see only what an encoder picks. */
export interface UpstreamFault {
  readonly status: number
  readonly type?: string
  readonly code?: string
  readonly param?: string
  /** At most 2 KiB of the provider's words. */
  readonly message?: string
}

export interface ErrorDetail {
  /** Overrides the table's status; only `upstream_rejected` does so, with the provider's own 4xx. */
  readonly status?: number
  /** Path of the field at fault, in the caller's terms. */
  readonly param?: string
  readonly retryAfterMs?: number
  readonly upstream?: UpstreamFault
  /** Why the answer was not given. It holds words of the answer: for the caller, never for records or logs. */
  readonly contract?: Breach
  readonly cause?: unknown
}

/** Every failure that a caller, a record or a log can see. The message is fit to show to the caller. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly status: number
  readonly param: string | undefined
  readonly retryAfterMs: number | undefined
  readonly upstream: UpstreamFault | undefined
  readonly contract: Breach | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.status = detail.status ?? errorTable[code].status
    this.param = detail.param
    this.retryAfterMs = detail.retryAfterMs
    this.upstream = detail.upstream
    this.contract = detail.contract
  }

  get rule(): ErrorRule {
    return errorTable[this.code]
  }
}
