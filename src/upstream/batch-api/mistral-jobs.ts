/** Batches as Mistral has them: jobs of requests that are sent with them, which give files of results. */

import { asArray, asObject, asString, type JsonObject } from '../../core/json.ts'
import type { BatchApi, RemoteBatch } from './batch-api.ts'
import { clockToleranceMs, readResponseLine, timeOf } from './results.ts'

const paths = ['/chat/completions', '/embeddings']
const running = new Set(['QUEUED', 'RUNNING', 'CANCELLATION_REQUESTED'])
const markName = 'weir_job'
const maxPages = 20
const pageSize = 100

/** https://docs.mistral.ai/api/endpoint/batch */
export const mistralJobs: BatchApi = {
  maxRequests: 5000,
  maxBytes: 16 * 1024 * 1024,
  endpointOf: (path) => (paths.includes(path) ? `/v1${path}` : undefined),
  async create(wire, { mark, endpoint, model, requests }) {
    const job = await wire.json('POST', '/batch/jobs', {
      endpoint,
      model,
      metadata: { [markName]: mark },
      requests: requests.map(({ id, body }) => ({ custom_id: id, body })),
    })
    return asString(job['id']) ?? ''
  },
  async find(wire, { mark, sinceMs }) {
    const since = new Date(sinceMs - clockToleranceMs).toISOString()
    for (let page = 0; page < maxPages; page++) {
      const query = `page=${page}&page_size=${pageSize}&created_after=${encodeURIComponent(since)}`
      const jobs = asArray((await wire.json('GET', `/batch/jobs?${query}`))['data'])
      const found = jobs.map(asObject).find((job) => asObject(job?.['metadata'])?.[markName] === mark)
      if (found) return { is: 'found', remoteId: asString(found['id']) ?? '' }
      const oldest = asObject(jobs.at(-1))
      if (jobs.length < pageSize || timeOf(oldest?.['created_at']) < sinceMs - clockToleranceMs) break
    }
    return { is: 'absent' }
  },
  look: async (wire, remoteId) => read(await wire.json('GET', `/batch/jobs/${encodeURIComponent(remoteId)}`)),
  async cancel(wire, remoteId) {
    await wire.json('POST', `/batch/jobs/${encodeURIComponent(remoteId)}/cancel`)
  },
  readResult: readResponseLine,
  async forget(wire, { files }) {
    for (const id of files) await wire.json('DELETE', `/files/${encodeURIComponent(id)}`)
  },
}

function read(job: JsonObject): RemoteBatch {
  const status = asString(job['status']) ?? ''
  const outputs = [job['output_file'], job['error_file']].filter((id) => typeof id === 'string')
  const [fault] = asArray(job['errors'])
  return {
    id: asString(job['id']) ?? '',
    state: running.has(status) ? 'running' : 'ended',
    results: outputs.map((id) => ({ is: 'path', path: `/files/${encodeURIComponent(id)}/content` })),
    files: [...outputs, ...asArray(job['input_files'])].filter((id) => typeof id === 'string'),
    ...(status === 'FAILED' && { refusal: asString(asObject(fault)?.['message']) ?? 'failed' }),
  }
}
