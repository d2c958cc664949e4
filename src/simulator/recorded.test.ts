import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { readRecorded, recordedDir, recordedEntries, recordedStream } from '../../test/support/recorded.ts'
import type { Json } from '../core/json.ts'
import { createSimulator } from './simulator.ts'

const folders = {
  chat: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
  gemini: 'gemini-generate',
  converse: 'bedrock-converse',
}

/** Where the simulator has the path of a recorded exchange. */
function simulatorPath(provider: string, path: string): string {
  if (path.includes('/model/')) return `/${provider}${path.slice(path.indexOf('/model/'))}`
  const version =
    path.includes(':generateContent') || path.includes(':streamGenerateContent') ? 'v1beta' : 'v1'
  const end = /(\/models\/[^/]+|\/chat\/completions|\/responses(\/[\w-]+)?|\/messages)(\?.*)?$/.exec(
    path,
  )?.[0]
  return `/${provider}/${version}${end}`
}

test(
  'every recorded full exchange is answered with its own bytes',
  { skip: recordedDir === undefined && 'no recordings' },
  async (t) => {
    const simulator = createSimulator({ recordedFolder: recordedDir! })
    const { url } = await simulator.listen(0)
    t.after(() => simulator.close())
    let replayed = 0
    for (const entry of recordedEntries(...Object.values(folders), 'mistral-chat')) {
      const exchange = readRecorded(entry)
      const { request, response } = exchange
      if (entry.fidelity !== 'full-exchange' || request === null) continue
      if (typeof request.body === 'string' && request.body !== '') continue // kept as text that is no JSON
      const method = 'method' in request ? String(request.method) : 'POST'
      const answer = await fetch(url + simulatorPath(entry.provider, request.path), {
        method,
        ...(method === 'POST' && { body: JSON.stringify(shuffled(request.body ?? null)) }),
      })
      assert.equal(answer.status, response.status, entry.file)
      const text = response.sse ?? response.text ?? JSON.stringify(response.body)
      const expected = recordedStream(response) ?? Buffer.from(text)
      assert.ok(expected.equals(Buffer.from(await answer.arrayBuffer())), entry.file)
      assert.equal(
        answer.headers.get('content-type') ?? '',
        response.headers['content-type'] ?? '',
        entry.file,
      )
      replayed++
    }
    t.diagnostic(`${replayed} exchanges`)
    assert.ok(replayed > 1000)
  },
)

/** The same JSON with the keys of every object in another order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value) as [string, Json][]
  return Object.fromEntries(entries.toReversed().map(([key, member]) => [key, shuffled(member)]))
}

test('matching, turns, names and what nobody recorded', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-recorded-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const body = { model: 'gpt-x', messages: [{ role: 'user', content: 'hi' }] }
  const request = { method: 'POST', path: '/v1/chat/completions', body }
  const sse = 'data: {"a":1}\r\n\r\n: é\n\ndata: [DONE]\n\n'
  const files: Record<string, object> = {
    'openai/openai-chat/a.json': {
      request,
      response: {
        status: 200,
        headers: { 'content-type': 'application/json', 'x-a': '1' },
        body: { turn: 1 },
      },
    },
    'openai/openai-chat/b.json': { request, response: { status: 429, headers: {}, body: { turn: 2 } } },
    'azure/openai-chat/c.json': { request, response: { status: 200, headers: {}, body: { of: 'azure' } } },
    'openai/openai-chat/d.json': {
      request: null,
      response: { status: 200, headers: { 'content-type': 'text/event-stream' }, sse },
    },
    'aws/bedrock-converse/e.json': {
      request: null,
      response: { status: 200, headers: {}, eventstream_base64: 'AAEC/w==' },
    },
  }
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), JSON.stringify(content))
  }
  const index = Object.keys(files).map((file) => ({
    file,
    provider: file.split('/')[0],
    dialect: file.split('/')[1],
  }))
  writeFileSync(join(folder, 'INDEX.json'), JSON.stringify({ files: index }))
  const simulator = createSimulator({ recordedFolder: folder })
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const ask = async (sent: object, provider = 'openai', headers = {}) => {
    const answer = await fetch(`${url}/${provider}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(sent),
      headers,
    })
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()), headers: answer.headers }
  }
  const first = await ask({ messages: body.messages, model: body.model })
  assert.deepEqual([first.status, first.bytes.toString(), first.headers.get('x-a')], [200, '{"turn":1}', '1'])
  assert.equal((await ask(body)).status, 429)
  assert.equal((await ask(body)).status, 429, 'the last one stays')
  assert.equal((await ask(body, 'azure')).bytes.toString(), '{"of":"azure"}')
  simulator.reset()
  assert.equal((await ask(body)).status, 200)
  const named = await ask({}, 'openai', { 'x-weir-sim-recording': 'openai/openai-chat/d.json' })
  assert.equal(named.bytes.toString(), sse)
  const binary = await ask({ model: 'recorded/aws/bedrock-converse/e' })
  assert.deepEqual([...binary.bytes], [0, 1, 2, 255])
  const unknown = await ask({ ...body, temperature: 1 })
  assert.equal(unknown.status, 404)
  assert.match(unknown.bytes.toString(), /"error":\{"message":"No recorded exchange/)
  assert.equal((await ask({ model: 'recorded/../../secret' })).status, 404)
  assert.equal((await ask({ ...body, model: 'echo' })).status, 200, 'synthetic models stay')
  assert.equal(simulator.receipts().at(0)?.recording, 'openai/openai-chat/a.json')
})
