/** Batches as OpenAI has them: a file of requests is uploaded, a batch is made of it, and gives files of results. */

import { asArray, asObject, asString, type JsonObject } from '../../core/json.ts'
import { type BatchApi, BatchApiError, type BatchWire, type RemoteBatch } from './batch-api.ts'
import { clockToleranceMs, readResponseLine, timeOf } from './results.ts'

const paths = ['/chat/completions', '/responses', '/embeddings', '/completions']
const ends = new Set(['completed', 'failed', 'expired', 'cancelled'])
/** The name of the mark in the metadata of batches. */
const markName = 'weir_job'
const maxPages = 20

/** https://platform.openai.com/docs/api-reference/batch */
export const openAiFiles: BatchApi = {
  maxRequests: 5000,
  maxBytes: 16 * 1024 * 1024,
  endpointOf: (path) => (paths.includes(path) ? `/v1${path}` : undefined),
  async create(wire, { mark, endpoint, requests }) {
    const content = requests
      .map(({ id, body }) => JSON.stringify({ custom_id: id, method: 'POST', url: endpoint, body }))
      .join('\n')
    const input = await upload(wire, `${mark}.jsonl`, content)
    const batch = await wire.json('POST', '/batches', {
      input_file_id: input,
      endpoint,
      completion_window: '24h',
      metadata: { [markName]: mark },
    })
    return asString(batch['id']) ?? ''
  },
  async find(wire, { mark, sinceMs }) {
    let after = ''
    for (let page = 0; page < maxPages; page++) {
      const list = await wire.json('GET', `/batches?limit=100${after}`)
      const batches = asArray(list['data']).map((each) => asObject(each) ?? {})
      const found = batches.find((each) => asObject(each['metadata'])?.[markName] === mark)
      if (found) return { is: 'found', remoteId: asString(found['id']) ?? '' }
      const last = batches.at(-1)
      if (!last || list['has_more'] !== true) break
      if (timeOf(last['created_at']) < sinceMs - clockToleranceMs) break
      after = `&after=${encodeURIComponent(asString(last['id']) ?? '')}`
    }
    return { is: 'absent' }
  },
  look: async (wire, remoteId) => read(await wire.json('GET', `/batches/${encodeURIComponent(remoteId)}`)),
  async cancel(wire, remoteId) {
    await wire.json('POST', `/batches/${encodeURIComponent(remoteId)}/cancel`)
  },
  readResult: readResponseLine,
  async forget(wire, { files }) {
    for (const id of files) await wire.json('DELETE', `/files/${encodeURIComponent(id)}`)
  },
}

/** However it fails, no batch has been made. */
async function upload(wire: BatchWire, name: string, content: string): Promise<string> {
  try {
    return (
      asString((await wire.upload('/files', { name, fields: { purpose: 'batch' }, content }))['id']) ?? ''
    )
  } catch (error) {
    throw error instanceof BatchApiError ? new BatchApiError(error.error, true, error.status) : error
  }
}

function read(batch: JsonObject): RemoteBatch {
  const status = asString(batch['status']) ?? ''
  const outputs = [batch['output_file_id'], batch['error_file_id']].filter((id) => typeof id === 'string')
  const [fault] = asArray(asObject(batch['errors'])?.['data'])
  const refusal = status === 'failed' ? (asString(asObject(fault)?.['message']) ?? 'refused') : undefined
  return {
    id: asString(batch['id']) ?? '',
    state: ends.has(status) ? 'ended' : 'running',
    results: outputs.map((id) => ({ is: 'path', path: `/files/${encodeURIComponent(id)}/content` })),
    files: [...outputs, batch['input_file_id']].filter((id) => typeof id === 'string'),
    ...(refusal !== undefined && { refusal }),
  }
}
