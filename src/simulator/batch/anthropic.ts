/** Anthropic's API for message batches. */

import { asObject, asString, type JsonObject } from '../../core/json.ts'
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

export function anthropic(desk: Desk, route: BatchRoute, body: JsonObject): Answer {
  const { action, id, provider } = route
  const batch = desk.batches.get(id.replace(/^msgbatch_/, ''))
  switch (action) {
    case 'create': {
      const requests = listOf(body['requests']).map((line) => ({
        id: asString(line['custom_id']) ?? '',
        path: '/v1/messages',
        body: asObject(line['params']) ?? {},
      }))
      const made = desk.open(provider, {}, requests)
      const error = {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'The batch is refused.' },
      }
      return made ? good(messageBatch(made)) : { status: 400, body: error }
    }
    case 'list':
      return list(desk, route)
    case 'results':
      if (batch?.endedMs === undefined) return missing
      return good(
        batch.results.map((result, at) => `${JSON.stringify(messageLine(batch, result, at))}\n`).join(''),
      )
    case 'delete':
      return batch && desk.drop(batch.id) ? good({ id, type: 'message_batch_deleted' }) : missing
    case 'cancel':
      if (batch) batch.cancelledMs ??= desk.nowMs()
      return batch ? good(messageBatch(batch)) : missing
    default:
      return batch ? good(messageBatch(batch)) : missing
  }
}

function list(desk: Desk, { provider, query }: BatchRoute): Answer {
  const all = desk.listed(provider)
  const after = query.get('after_id')
  const from = after === null ? 0 : all.findIndex((each) => `msgbatch_${each.id}` === after) + 1
  const limit = Number(query.get('limit') ?? 20)
  const data = all.slice(from, from + limit).map(messageBatch)
  return good({
    data,
    has_more: all.length > from + limit,
    first_id: data[0]?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
  })
}

function messageLine({ requests }: SimBatch, result: BatchedResult, at: number): JsonObject {
  const head = { custom_id: requests[at]!.id }
  if (result.is === 'expired') return { ...head, result: { type: 'expired' } }
  if (result.is === 'cancelled') return { ...head, result: { type: 'canceled' } }
  if (result.status < 300) return { ...head, result: { type: 'succeeded', message: result.body } }
  return { ...head, result: { type: 'errored', error: result.body } }
}

function messageBatch(batch: SimBatch): JsonObject {
  const { id, requests, createdMs, endedMs, cancelledMs, results } = batch
  const count = (isIt: (result: BatchedResult) => boolean) => results.filter(isIt).length
  return {
    id: `msgbatch_${id}`,
    type: 'message_batch',
    processing_status:
      endedMs !== undefined ? 'ended' : cancelledMs === undefined ? 'in_progress' : 'canceling',
    request_counts: {
      processing: requests.length - results.length,
      succeeded: count((each) => each.is === 'done' && each.status < 300),
      errored: count((each) => each.is === 'done' && each.status >= 300),
      canceled: count((each) => each.is === 'cancelled'),
      expired: count((each) => each.is === 'expired'),
    },
    created_at: time(createdMs),
    expires_at: time(createdMs + 86_400_000),
    ended_at: endedMs === undefined ? null : time(endedMs),
    cancel_initiated_at: cancelledMs === undefined ? null : time(cancelledMs),
    archived_at: null,
    results_url: endedMs === undefined ? null : `/v1/messages/batches/msgbatch_${id}/results`,
  }
}
