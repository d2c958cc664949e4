/** Mistral's API for batch jobs. */

import { asArray, asObject, asString, type JsonObject } from '../../core/json.ts'
import { keepResults } from './response-files.ts'
import type { BatchRoute } from './routes.ts'
import {
  type Answer,
  type BatchedRequest,
  type Desk,
  good,
  jsonLines,
  listOf,
  missing,
  seconds,
  type SimBatch,
} from './state.ts'

export function mistral(desk: Desk, { action, id, provider, query }: BatchRoute, body: JsonObject): Answer {
  const batch = desk.batches.get(id)
  switch (action) {
    case 'create': {
      const path = asString(body['endpoint']) ?? ''
      const toRequest = (line: JsonObject): BatchedRequest => ({
        id: asString(line['custom_id']) ?? '',
        path,
        body: { ...asObject(line['body']), model: body['model'] ?? '' },
      })
      const [first] = asArray(body['input_files'])
      const lines =
        first === undefined
          ? listOf(body['requests'])
          : jsonLines(desk.files.get(asString(first) ?? '')?.content ?? '')
      const made = desk.open(provider, body, lines.map(toRequest))
      return made ? good(mistralJob(desk, made)) : { status: 422, body: { detail: 'The job is refused.' } }
    }
    case 'list': {
      const all = desk.listed(provider)
      const size = Number(query.get('page_size') ?? 100)
      const from = Number(query.get('page') ?? 0) * size
      const data = all.slice(from, from + size).map((each) => mistralJob(desk, each))
      return good({ object: 'list', data, total: all.length })
    }
    case 'cancel':
      if (batch) batch.cancelledMs ??= desk.nowMs()
      return batch ? good(mistralJob(desk, batch)) : missing
    default:
      return batch ? good(mistralJob(desk, batch)) : missing
  }
}

function mistralJob(desk: Desk, batch: SimBatch): JsonObject {
  const { id, wish, requests, createdMs, endedMs, cancelledMs, results, faults } = batch
  keepResults(desk, batch)
  const succeeded = results.filter((each) => each.is === 'done' && each.status < 300).length
  const isCancelled = cancelledMs !== undefined
  const status =
    endedMs === undefined
      ? isCancelled
        ? 'CANCELLATION_REQUESTED'
        : 'RUNNING'
      : isCancelled
        ? 'CANCELLED'
        : faults.isExpired || faults.isPartly
          ? 'TIMEOUT_EXCEEDED'
          : 'SUCCESS'
  return {
    id,
    object: 'batch',
    input_files: wish['input_files'] ?? [],
    metadata: wish['metadata'] ?? null,
    endpoint: wish['endpoint'] ?? '',
    model: wish['model'] ?? '',
    output_file: batch.outputFile ?? null,
    error_file: batch.errorFile ?? null,
    errors: [],
    status,
    created_at: seconds(createdMs),
    total_requests: requests.length,
    completed_requests: results.length,
    succeeded_requests: succeeded,
    failed_requests: results.length - succeeded,
    completed_at: endedMs === undefined ? null : seconds(endedMs),
  }
}
