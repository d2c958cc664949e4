/** Two gateways over one database: what one of them revokes, the other refuses within seconds, its open streams too. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import pg from 'pg'
import { asString, type JsonObject } from '../../src/core/json.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const server = process.env['WEIR_POSTGRES']
const skip = server === undefined ? 'WEIR_POSTGRES names no server' : false

test('a revocation on one instance ends the streams of another', { skip }, async (t) => {
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client(server)
  await client.connect()
  await client.query(`create schema ${schema}`)
  const url = new URL(server!)
  url.searchParams.set('options', `-c search_path=${schema}`)
  const options = {
    config: { store: 'env:DATABASE_URL', access: { pepper: 'env:PEPPER' } },
    env: { DATABASE_URL: url.href, PEPPER: randomUUID() },
  }
  const [one, other] = [await startStack(t, options), await startStack(t, options)]
  t.after(async () => {
    await client.query(`drop schema ${schema} cascade`)
    await client.end()
  })
  const admin = async (method: string, path: string, body?: JsonObject) => {
    const response = await fetch(`${one.gateway.url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    return (await response.json()) as JsonObject
  }
  const key = await admin('POST', '/keys', { name: 'shared' })
  const ask = (model: string, stream: boolean) =>
    other.post(
      '/v1/chat/completions',
      { model, stream, messages: [{ role: 'user', content: 'one two three four five six seven eight' }] },
      { authorization: `Bearer ${asString(key['secret'])}` },
    )
  await until('the other instance to know the key', async () =>
    (await other.admin(`/keys/${asString(key['id'])}`))['error'] === undefined ? true : undefined,
  )
  assert.equal((await ask('openai/echo', false)).status, 200)
  // It says a word and then nothing for longer than a revocation may take.
  const stream = await ask('openai/fault/stall-after-1', true)
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = (await reader.read()).value ?? ''
  await admin('DELETE', `/keys/${asString(key['id'])}`)
  await until('the end of the stream', async () => {
    const { done, value } = await reader.read()
    text += value ?? ''
    return done ? true : undefined
  })
  assert.match(text, /"code":"authentication_failed"/)
  assert.equal((await ask('openai/echo', false)).status, 401)
})
