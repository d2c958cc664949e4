/** What providers answered is read as what it was: states, and where results are, from recorded traffic. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { asArray, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'
import type { BatchWire, RemoteResult } from './batch-api.ts'
import { batchApis } from './registry.ts'

const folder = new URL('../../../../shared/wire/recorded/', import.meta.url)
const kinds = [
  ['openai-files', 'openai/batches'],
  ['mistral-jobs', 'mistral/batches'],
  ['anthropic-batches', 'anthropic/anthropic-batches'],
  ['gemini-batches', 'gemini/batches'],
] as const

for (const [kind, path] of kinds) {
  const files = namesIn(path)
  test(kind, { skip: files.length === 0 && 'no recordings here' }, async () => {
    let ended = 0
    for (const file of files) {
      const { request, response } = JSON.parse(readFileSync(new URL(`${path}/${file}`, folder), 'utf8'))
      const wire = wireWith(asObject(response as Json)?.['body'] ?? null)
      const api = batchApis[kind]
      if ((request as JsonObject)['method'] === 'GET') {
        const batch = await api.look(wire, 'any')
        const isOver = /:"(completed|ended|SUCCESS|BATCH_STATE_SUCCEEDED)"/.test(JSON.stringify(response))
        assert.equal(batch.state === 'ended', isOver, file)
        assert.ok(batch.id !== '', file)
        assert.equal(batch.refusal, undefined)
        if (isOver) ended++
        for (const part of batch.results) {
          if (part.is === 'path') assert.match(part.path, /^\/(files|messages)\//)
          else part.lines.map(withKey).forEach((line) => assertAnswered(api.readResult(line)))
        }
      } else if (!String((request as JsonObject)['path']).endsWith('cancel')) {
        const made = await api.create(wire, { mark: 'job_1', endpoint: '/x', model: 'm', requests: [] })
        assert.ok(made !== '', file)
      }
      for (const line of asArray(asObject(asObject(response as Json)?.['body'])?.['outputs'])) {
        assertAnswered(api.readResult(line))
      }
    }
    assert.ok(ended > 0)
  })
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(new URL(path, folder))
  } catch {
    return []
  }
}

function wireWith(body: Json): BatchWire {
  const answer = async () => asObject(body) ?? {}
  return { json: answer, upload: answer, download: () => assert.fail('nothing is downloaded') }
}

/** Whoever made the recording named its key otherwise. */
function withKey(line: Json): Json {
  const metadata = asObject(asObject(line)?.['metadata'])
  return { ...asObject(line), metadata: { key: asString(metadata?.['custom_id']) ?? '' } }
}

function assertAnswered(result: RemoteResult | undefined): void {
  assert.ok(result?.is === 'answered' && result.status === 200 && result.id !== '')
}
