/** Batches as Gemini has them: operations of one model, with their requests and their results within. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'
import type { BatchApi, RemoteBatch, RemoteResult } from './batch-api.ts'
import { answered, clockToleranceMs, timeOf } from './results.ts'

const generating = /^\/models\/([^:]+):generateContent$/
const ends = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED'])
const maxPages = 20

/** https://ai.google.dev/api/batch-api. Small, because what is sent comes back within the state of the operation. */
export const geminiBatches: BatchApi = {
  maxRequests: 1000,
  maxBytes: 8 * 1024 * 1024,
  endpointOf: (path) => (generating.test(path) ? path : undefined),
  async create(wire, { mark, endpoint, requests }) {
    const path = endpoint.replace(/:generateContent$/, ':batchGenerateContent')
    const operation = await wire.json('POST', path, {
      batch: {
        displayName: mark,
        inputConfig: {
          requests: { requests: requests.map(({ id, body }) => ({ request: body, metadata: { key: id } })) },
        },
      },
    })
    return idOf(operation)
  },
  async find(wire, { mark, sinceMs }) {
    let token = ''
    for (let page = 0; page < maxPages; page++) {
      const list = await wire.json('GET', `/batches?pageSize=100${token}`)
      const operations = asArray(list['operations']).map((each) => asObject(each) ?? {})
      const found = operations.find((each) => asObject(each['metadata'])?.['displayName'] === mark)
      if (found) return { is: 'found', remoteId: idOf(found) }
      const next = asString(list['nextPageToken']) ?? ''
      const oldest = timeOf(asObject(operations.at(-1)?.['metadata'])?.['createTime'])
      if (next === '' || oldest < sinceMs - clockToleranceMs) break
      token = `&pageToken=${encodeURIComponent(next)}`
    }
    return { is: 'absent' }
  },
  look: async (wire, remoteId) => read(await wire.json('GET', pathOf(remoteId))),
  async cancel(wire, remoteId) {
    await wire.json('POST', `${pathOf(remoteId)}:cancel`, {})
  },
  readResult,
  async forget(wire, { id }) {
    await wire.json('DELETE', pathOf(id))
  },
}

/** `batches/31u18`: the last part of its name. */
function idOf(operation: JsonObject): string {
  return asString(operation['name'])?.split('/').at(-1) ?? ''
}

function pathOf(remoteId: string): string {
  return `/batches/${encodeURIComponent(remoteId)}`
}

function read(operation: JsonObject): RemoteBatch {
  const metadata = asObject(operation['metadata'])
  const state = (asString(metadata?.['state']) ?? '').replace(/^(BATCH|JOB)_STATE_/, '')
  const output = asObject(operation['response']) ?? asObject(metadata?.['output'])
  const lines = asArray(asObject(output?.['inlinedResponses'])?.['inlinedResponses'])
  const message = asString(asObject(operation['error'])?.['message'])
  return {
    id: idOf(operation),
    state: operation['done'] === true || ends.has(state) ? 'ended' : 'running',
    results: [{ is: 'lines', lines }],
    files: [],
    ...(message !== undefined && { refusal: message }),
  }
}

/** https://grpc.io/docs/guides/status-codes, as https://cloud.google.com/apis/design/errors maps them to HTTP. */
const statuses: Readonly<Record<number, number>> = {
  1: 499,
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  11: 400,
  16: 401,
}

function readResult(line: Json): RemoteResult | undefined {
  const { metadata, response, error } = asObject(line) ?? {}
  const id = asString(asObject(metadata)?.['key'])
  if (id === undefined) return undefined
  if (response !== undefined) return answered(id, 200, response)
  const code = asNumber(asObject(error)?.['code']) ?? 0
  // Some are told in HTTP's numbers already.
  const status = code >= 400 ? code : (statuses[code] ?? 500)
  if (status === 499) return { id, is: 'undone', why: 'cancelled' }
  return answered(id, status, { error: { ...asObject(error), code: status } })
}
