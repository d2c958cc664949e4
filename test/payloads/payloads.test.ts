/** Payloads through the gateway: nothing unless asked for, what was said where it is, sealed on disk, gone when forgotten. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'

const payloads = { record: 'on' }

async function ask(stack: Stack, content: string, more: JsonObject = {}, headers = {}): Promise<string> {
  const body = { model: 'openai/echo', messages: [{ role: 'user', content }], ...more }
  const answer = await stack.post('/v1/chat/completions', body, headers)
  await answer.text()
  return answer.headers.get('x-weir-request-id')!
}

/** All bytes of the data directory. */
function bytesOf(stack: Stack): string {
  const { dataDir } = stack.gateway.config
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('')
}

test('without a wish nothing is recorded', async (t) => {
  const stack = await startStack(t)
  const id = await ask(stack, 'river stone canary')
  assert.deepEqual((await stack.admin('/payloads'))['data'], [])
  assert.equal(asObject((await stack.admin(`/requests/${id}/payload`))['error'])?.['code'], 'not_found')
})

test('a recorded request shows what was asked and answered, streamed or not, redacted; the disk shows neither', async (t) => {
  const stack = await startStack(t, { config: { payloads } })
  const text = 'river stone canary, mail ada@example.org'
  const headers = { 'x-weir-user': 'ada', 'x-weir-tags': 'blue', 'x-weir-session': 's1' }
  const whole = await ask(stack, text, {}, headers)
  const streamed = await ask(stack, text, { stream: true }, headers)
  const claude = await stack.post('/v1/messages', {
    model: 'claude/echo',
    max_tokens: 100,
    messages: [{ role: 'user', content: text }],
  })
  await claude.text()
  for (const id of [whole, streamed, claude.headers.get('x-weir-request-id')!]) {
    const shown = await stack.admin(`/requests/${id}/payload`)
    assert.ok(JSON.stringify(shown['request']).includes('river stone canary, mail [email]'), id)
    assert.match(String(shown['answer_text']), /river stone canary/)
    assert.ok(!JSON.stringify(shown).includes('ada@example.org'))
  }
  const list = asArray((await stack.admin('/payloads?tag=blue&user=ada&model=echo'))['data'])
  assert.deepEqual(new Set(list.map((each) => asObject(each)?.['id'])), new Set([whole, streamed]))
  assert.equal(asObject(asArray((await stack.admin(`/payloads?id=${whole}`))['data'])[0])?.['id'], whole)
  assert.deepEqual((await stack.admin('/payloads?id=req_none'))['data'], [])
  assert.ok(!bytesOf(stack).includes('river stone canary'))
})

test('a failed request is recorded without an answer', async (t) => {
  const stack = await startStack(t, { config: { payloads } })
  const id = await ask(stack, 'will not do', { model: 'openai/fault/http-400' })
  const shown = await stack.admin(`/requests/${id}/payload`)
  assert.equal(shown['answer'], undefined)
  assert.ok(JSON.stringify(shown['request']).includes('will not do'))
})

test('keys and routes that are off are not recorded; a reload is obeyed; embeddings and own questions are no payloads', async (t) => {
  const routes = { open: { targets: ['openai/echo'] }, closed: { targets: ['openai/echo'] } }
  const config = { routes, payloads: { ...payloads, routes: { closed: 'off' } } }
  const stack = await startStack(t, { config })
  await ask(stack, 'a', { model: 'open' })
  await ask(stack, 'b', { model: 'closed' })
  await stack.post('/v1/embeddings', { model: 'openai/embed', input: 'c' })
  const names = async () =>
    asArray((await stack.admin('/payloads'))['data']).map((each) => asObject(each)?.['route'])
  assert.deepEqual(await names(), ['open'])
  const file = JSON.parse(readFileSync(stack.configFile, 'utf8')) as JsonObject
  writeFileSync(
    stack.configFile,
    JSON.stringify({ ...file, payloads: { ...payloads, keys: { test: 'off' } } }),
  )
  await stack.gateway.reload()
  await ask(stack, 'd', { model: 'open' })
  assert.deepEqual(await names(), ['open'])
})

test('payloads are for those who administer', async (t) => {
  const stack = await startStack(t, { config: { payloads } })
  const id = await ask(stack, 'x')
  const url = `${stack.gateway.url}/admin/v1/requests/${id}/payload`
  assert.equal((await fetch(url)).status, 401)
  assert.equal((await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })).status, 200)
})

test('the key of stored secrets seals payloads, and one that was in force before still opens them', async (t) => {
  const stored = (key: string, previousKeys: string[] = []) => ({
    payloads,
    secrets: { stored: { key: `env:${key}`, previousKeys } },
  })
  const env = {
    OLD: 'old-key-of-thirty-two-characters-or-more',
    NEW: 'new-key-of-thirty-two-characters-or-more',
  }
  const stack = await startStack(t, { config: stored('OLD'), env })
  const before = await ask(stack, 'sealed by the old one')
  await stack.admin(`/requests/${before}/payload`)
  const file = JSON.parse(readFileSync(stack.configFile, 'utf8')) as JsonObject
  writeFileSync(stack.configFile, JSON.stringify({ ...file, ...stored('NEW', ['env:OLD']) }))
  await stack.gateway.reload()
  const after = await ask(stack, 'sealed by the new one')
  for (const [id, text] of [
    [before, 'sealed by the old one'],
    [after, 'sealed by the new one'],
  ] as const) {
    assert.equal((await stack.admin(`/requests/${id}/payload`))['answer_text'], text)
  }
})
