/** Batches as Anthropic has them: requests in one body, and results in one stream of lines. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'
import type { BatchApi, BatchWire, Finding, RemoteBatch, RemoteResult, Sought } from './batch-api.ts'
import { answered, clockToleranceMs, timeOf } from './results.ts'

const base = '/messages/batches'
const maxPages = 20
/** Longer than any line that begins with an id of ours has its id. */
const idBytes = 4096

/** https://docs.claude.com/en/api/creating-message-batches */
export const anthropicBatches: BatchApi = {
  maxRequests: 5000,
  maxBytes: 16 * 1024 * 1024,
  endpointOf: (path) => (path === '/messages' ? '/v1/messages' : undefined),
  async create(wire, { requests }) {
    const batch = await wire.json('POST', base, {
      requests: requests.map(({ id, body }) => ({ custom_id: id, params: body })),
    })
    return asString(batch['id']) ?? ''
  },
  find,
  look: async (wire, remoteId) => read(await wire.json('GET', pathOf(remoteId))),
  async cancel(wire, remoteId) {
    await wire.json('POST', `${pathOf(remoteId)}/cancel`, {})
  },
  readResult,
  async forget(wire, { id }) {
    await wire.json('DELETE', pathOf(id))
  },
}

function pathOf(remoteId: string): string {
  return `${base}/${encodeURIComponent(remoteId)}`
}

/** A batch has nothing that could mark it but the ids of its requests, which its results tell when it has ended. */
async function find(wire: BatchWire, sought: Sought): Promise<Finding> {
  let isUnsure = false
  let after = ''
  for (let page = 0; page < maxPages; page++) {
    const list = await wire.json('GET', `${base}?limit=100${after}`)
    const batches = asArray(list['data']).map((each) => asObject(each) ?? {})
    for (const batch of batches) {
      if (!mayBe(batch, sought)) continue
      if (batch['processing_status'] !== 'ended') isUnsure = true
      else if (await isMarked(wire, asString(batch['id']) ?? '', sought.mark)) {
        return { is: 'found', remoteId: asString(batch['id']) ?? '' }
      }
    }
    const last = batches.at(-1)
    if (!last || list['has_more'] !== true) break
    if (timeOf(last['created_at']) < sought.sinceMs - clockToleranceMs) break
    after = `&after_id=${encodeURIComponent(asString(last['id']) ?? '')}`
  }
  return { is: isUnsure ? 'unsure' : 'absent' }
}

function mayBe(batch: JsonObject, { requests, sinceMs }: Sought): boolean {
  const counts = Object.values(asObject(batch['request_counts']) ?? {})
  const total = counts.reduce<number>((sum, count) => sum + (asNumber(count) ?? 0), 0)
  return total === requests && timeOf(batch['created_at']) >= sinceMs - clockToleranceMs
}

async function isMarked(wire: BatchWire, remoteId: string, mark: string): Promise<boolean> {
  let text = ''
  for await (const chunk of wire.download(`${pathOf(remoteId)}/results`)) {
    text += Buffer.from(chunk).toString('latin1')
    const line = text.indexOf('\n')
    if (line >= 0) text = text.slice(0, line)
    if (line >= 0 || text.length > idBytes) break
  }
  const id = /"custom_id"\s*:\s*"([\w-]+)"/.exec(text)?.[1] ?? ''
  return id.startsWith(`${mark}_`)
}

function read(batch: JsonObject): RemoteBatch {
  const id = asString(batch['id']) ?? ''
  const hasEnded = batch['processing_status'] === 'ended'
  return {
    id,
    state: hasEnded ? 'ended' : 'running',
    results: hasEnded ? [{ is: 'path', path: `${pathOf(id)}/results` }] : [],
    files: [],
  }
}

/** https://docs.claude.com/en/api/errors */
const statuses: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}

function readResult(line: Json): RemoteResult | undefined {
  const { custom_id: id, result } = asObject(line) ?? {}
  const outcome = asObject(result)
  if (typeof id !== 'string' || !outcome) return undefined
  const type = asString(outcome['type']) ?? 'nothing'
  if (type === 'succeeded') return answered(id, 200, outcome['message'] ?? null)
  if (type !== 'errored') return { id, is: 'undone', why: type }
  const error = asObject(outcome['error'])
  const name = asString(asObject(error?.['error'])?.['type']) ?? ''
  return answered(id, statuses[name] ?? 500, error ?? null)
}
