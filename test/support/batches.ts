/** Batches as tests need them: made from lines, watched to their end, and read. */

import assert from 'node:assert/strict'
import { asString, type JsonObject } from '../../src/core/json.ts'
import { testKey } from './stack.ts'
import { until } from './until.ts'

export interface BatchClient {
  upload(text: string | Blob, fields?: Readonly<Record<string, string>>): Promise<Response>
  create(fileId: string, wish?: JsonObject): Promise<Response>
  /** Uploads lines and makes a batch of them. */
  submit(lines: readonly JsonObject[], wish?: JsonObject): Promise<string>
  get(id: string): Promise<JsonObject>
  ended(id: string): Promise<JsonObject>
  /** Of a file; nothing where there is none. */
  lines(fileId: unknown): Promise<JsonObject[]>
  request(path: string, init?: RequestInit): Promise<Response>
}

export function batchClient(url: string, key = testKey): BatchClient {
  const request = (path: string, { headers, ...init }: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...(headers as object) } })
  const upload: BatchClient['upload'] = (text, fields = { purpose: 'batch' }) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', text instanceof Blob ? text : new Blob([text]), 'in.jsonl')
    return request('/v1/files', { method: 'POST', body: form })
  }
  const create: BatchClient['create'] = (fileId, wish = {}) =>
    request('/v1/batches', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        input_file_id: fileId,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
        ...wish,
      }),
    })
  const get: BatchClient['get'] = async (id) =>
    (await (await request(`/v1/batches/${id}`)).json()) as JsonObject
  return {
    upload,
    create,
    async submit(lines, wish) {
      const text = lines.map((line) => JSON.stringify(line)).join('\n')
      const file = (await (await upload(text)).json()) as JsonObject
      const answer = await create(asString(file['id']) ?? '', wish)
      const batch = (await answer.json()) as JsonObject
      assert.equal(answer.status, 200, JSON.stringify(batch))
      return asString(batch['id']) ?? ''
    },
    get,
    ended: (id) =>
      until(
        'the end of the batch',
        async () => {
          const batch = await get(id)
          return open.has(asString(batch['status']) ?? '') ? undefined : batch
        },
        30_000,
        pollMs,
      ),
    async lines(fileId) {
      if (typeof fileId !== 'string') return []
      const text = await (await request(`/v1/files/${fileId}/content`)).text()
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as JsonObject)
    },
    request,
  }
}

/** Of a batch that is under way. */
export const pollMs = 50

const open = new Set(['validating', 'in_progress', 'finalizing', 'cancelling'])

/** A line that asks over Chat Completions. */
export function chatLine(customId: string, model: string, more: JsonObject = {}): JsonObject {
  return {
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content: `I am ${customId}` }], ...more },
  }
}
