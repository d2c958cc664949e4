/** Gemini's API for batches: long-running operations. */

import { asArray, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'
import type { BatchRoute } from './routes.ts'
import {
  type Answer,
  type BatchedResult,
  type Desk,
  good,
  listOf,
  missing,
  type SimBatch,
  time,
} from './state.ts'

export function gemini(
  desk: Desk,
  { action, id, provider, model, query }: BatchRoute,
  body: JsonObject,
): Answer {
  const batch = desk.batches.get(id)
  switch (action) {
    case 'create': {
      const wish = asObject(body['batch']) ?? {}
      const wrapped = asObject(asObject(wish['inputConfig'])?.['requests'])?.['requests']
      const requests = listOf(wrapped).map((line, at) => ({
        id: asString(asObject(line['metadata'])?.['key']) ?? String(at),
        path: `/v1beta/models/${model}:generateContent`,
        body: asObject(line['request']) ?? {},
      }))
      const metadata = listOf(wrapped).map((line) => line['metadata'] ?? null)
      const made = desk.open(provider, { model, metadata, displayName: wish['displayName'] ?? '' }, requests)
      const error = { code: 400, message: 'The batch is refused.', status: 'INVALID_ARGUMENT' }
      return made ? good(operation(made)) : { status: 400, body: { error } }
    }
    case 'list': {
      const all = desk.listed(provider)
      const from = Number(query.get('pageToken') ?? 0)
      const size = Number(query.get('pageSize') ?? 20)
      const next = all.length > from + size ? { nextPageToken: String(from + size) } : {}
      return good({ operations: all.slice(from, from + size).map(operation), ...next })
    }
    case 'delete':
      return batch && desk.drop(id) ? good({}) : missing
    case 'cancel':
      if (batch) batch.cancelledMs ??= desk.nowMs()
      return batch ? good({}) : missing
    default:
      return batch ? good(operation(batch)) : missing
  }
}

function operation(batch: SimBatch): JsonObject {
  const { id, wish, requests, createdMs, endedMs, cancelledMs, results, faults } = batch
  const state =
    endedMs === undefined
      ? 'RUNNING'
      : cancelledMs !== undefined
        ? 'CANCELLED'
        : faults.isExpired
          ? 'EXPIRED'
          : 'SUCCEEDED'
  const name = `batches/${id}`
  const metadata: JsonObject = {
    '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
    model: `models/${asString(wish['model']) ?? ''}`,
    displayName: wish['displayName'] ?? '',
    createTime: time(createdMs),
    updateTime: time(endedMs ?? createdMs),
    batchStats: { requestCount: String(requests.length) },
    state: `BATCH_STATE_${state}`,
    name,
  }
  if (endedMs === undefined) return { name, metadata }
  if (state !== 'SUCCEEDED') {
    return { name, metadata, done: true, error: { code: 1, message: `The batch is ${state.toLowerCase()}.` } }
  }
  const inlined = results.map((result, at) => ({
    ...inlinedResult(result),
    metadata: asArray(wish['metadata'])[at] ?? null,
  }))
  const output = { inlinedResponses: { inlinedResponses: inlined } }
  const type = 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatchOutput'
  return {
    name,
    metadata: { ...metadata, output },
    done: true,
    response: { '@type': type, ...output },
  }
}

function inlinedResult(result: BatchedResult): JsonObject {
  if (result.is !== 'done') return { error: { code: 4, message: 'Not done in time.' } }
  if (result.status < 300) return { response: result.body }
  const error: Json = asObject(asObject(result.body)?.['error']) ?? {}
  return { error }
}
