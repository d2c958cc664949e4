/**
 * What a span says about a request or an attempt, by OpenTelemetry's conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/). Never a prompt, a key, a user or a session.
 */

import { defined } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { AttemptRecord, RequestRecord } from '../records/record.ts'

/** A provider as the conventions describe it. */
export interface TracedProvider {
  /** `gen_ai.provider.name`: one of the conventions' own names where they have one. */
  readonly name: string
  readonly address: string
  readonly port: number
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean | string[]>>

/** The conventions' words for what they know; ours for the rest, which they allow. */
const operationNames = {
  generate: 'chat',
  embed: 'embeddings',
  'count-tokens': 'count_tokens',
  models: 'list_models',
  forward: 'forward',
} as const satisfies Record<RequestRecord['operation'], string>

/** Names of models and of dropped parameters come from clients, so their length is nobody's but ours to bound. */
const maxTextLength = 256
const maxDropped = 32

/** `chat gpt-5.6-mini`: the operation and the model, for a request as its client named it. */
export function spanName(operation: RequestRecord['operation'], model: string): string {
  return `${operationNames[operation]} ${bounded(model)}`.trim()
}

export function requestAttributes(
  record: RequestRecord,
  provider: TracedProvider | undefined,
): SpanAttributes {
  const made = record.attempts.filter((attempt) => attempt.skippedBecause === undefined)
  return defined({
    'gen_ai.operation.name': operationNames[record.operation],
    'gen_ai.provider.name': provider?.name ?? record.provider,
    'gen_ai.request.model': nonEmpty(record.requestedModel),
    // What the target is called: the record does not keep how the provider spelled it in its answer.
    'gen_ai.response.model': record.code === undefined ? nonEmpty(record.model) : undefined,
    'gen_ai.response.finish_reasons': record.finish === undefined ? undefined : [record.finish],
    ...usageAttributes(record.usage),
    'error.type': record.code,
    'http.response.status_code': record.status,
    'weir.request_id': record.id,
    'weir.dialect': record.dialect,
    'weir.route': record.route,
    'weir.stream': record.stream,
    'weir.attempts': made.length,
    'weir.dropped': dropped(record.dropped),
    'weir.client_gone': record.clientGone || undefined,
    'weir.time_to_first_token_ms': record.firstTokenMs,
    'weir.overhead_ms': record.overheadMs,
  })
}

export function attemptAttributes(
  record: RequestRecord,
  attempt: AttemptRecord,
  provider: TracedProvider | undefined,
): SpanAttributes {
  return defined({
    'gen_ai.operation.name': operationNames[record.operation],
    'gen_ai.provider.name': provider?.name ?? attempt.provider,
    'gen_ai.request.model': bounded(attempt.model),
    ...usageAttributes(attempt.usage),
    'error.type': attempt.code,
    'server.address': provider?.address,
    'server.port': provider?.port,
    'http.response.status_code': attempt.status,
    'weir.attempt': attempt.n,
    'weir.provider': attempt.provider,
    'weir.upstream_request_id': nonEmpty(attempt.upstreamRequestId),
    'weir.dropped': dropped(attempt.dropped),
    'weir.time_to_first_token_ms':
      attempt.firstTokenMs === undefined ? undefined : attempt.firstTokenMs - attempt.startedMs,
  })
}

function usageAttributes(usage: Usage | undefined): Record<string, number | undefined> {
  return {
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage?.cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': usage?.cacheWriteTokens,
    'gen_ai.usage.reasoning.output_tokens': usage?.reasoningTokens,
  }
}

function dropped(names: readonly string[]): string[] | undefined {
  return names.length === 0 ? undefined : names.slice(0, maxDropped).map(bounded)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : bounded(text)
}

function bounded(text: string): string {
  return text.slice(0, maxTextLength)
}
