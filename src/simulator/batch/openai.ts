/** OpenAI's API for files and batches, as far as batches need it. */

import { asObject, asString, type JsonObject } from '../../core/json.ts'
import { keepResults } from './response-files.ts'
import type { BatchRoute } from './routes.ts'
import {
  type Answer,
  type BatchedRequest,
  type Desk,
  fileObject,
  good,
  jsonLines,
  missing,
  seconds,
  type SimBatch,
} from './state.ts'

export function openAi(desk: Desk, route: BatchRoute, body: JsonObject): Answer {
  const { action, id, provider } = route
  const file = desk.files.get(id)
  const batch = desk.batches.get(id.replace(/^batch_/, ''))
  switch (action) {
    case 'file':
      return file ? good(fileObject(file)) : missing
    case 'content':
      return file ? good(file.content) : missing
    case 'delete':
      return desk.drop(id) ? good({ id, object: 'file', deleted: true }) : missing
    case 'create': {
      const input = desk.files.get(asString(body['input_file_id']) ?? '')
      if (!input) return missing
      const made = desk.open(provider, body, jsonLines(input.content).map(openAiRequest))
      return made ? good(openAiBatch(desk, made)) : refused('The batch is refused.')
    }
    case 'list': {
      const all = desk.listed(provider)
      const after = route.query.get('after')
      const from = after === null ? 0 : all.findIndex((each) => `batch_${each.id}` === after) + 1
      const limit = Number(route.query.get('limit') ?? 20)
      const data = all.slice(from, from + limit).map((each) => openAiBatch(desk, each))
      return good({ object: 'list', data, has_more: all.length > from + limit })
    }
    case 'cancel':
      if (batch) batch.cancelledMs ??= desk.nowMs()
      return batch ? good(openAiBatch(desk, batch)) : missing
    default:
      return batch ? good(openAiBatch(desk, batch)) : missing
  }
}

function openAiRequest(line: JsonObject): BatchedRequest {
  return {
    id: asString(line['custom_id']) ?? '',
    path: asString(line['url']) ?? '',
    body: asObject(line['body']) ?? {},
  }
}

function refused(message: string): Answer {
  return { status: 400, body: { error: { message, type: 'invalid_request_error', param: null, code: null } } }
}

function openAiBatch(desk: Desk, batch: SimBatch): JsonObject {
  const { id, wish, requests, createdMs, endedMs, cancelledMs, results, faults } = batch
  keepResults(desk, batch)
  const completed = results.filter((each) => each.is === 'done' && each.status < 300).length
  const status =
    endedMs === undefined
      ? cancelledMs === undefined
        ? 'in_progress'
        : 'cancelling'
      : cancelledMs !== undefined
        ? 'cancelled'
        : faults.isExpired || faults.isPartly
          ? 'expired'
          : 'completed'
  return {
    id: `batch_${id}`,
    object: 'batch',
    endpoint: wish['endpoint'] ?? '',
    errors: null,
    input_file_id: wish['input_file_id'] ?? '',
    completion_window: wish['completion_window'] ?? '24h',
    status,
    output_file_id: batch.outputFile ?? null,
    error_file_id: batch.errorFile ?? null,
    created_at: seconds(createdMs),
    completed_at: endedMs === undefined ? null : seconds(endedMs),
    request_counts: { total: requests.length, completed, failed: results.length - completed },
    metadata: wish['metadata'] ?? null,
  }
}
