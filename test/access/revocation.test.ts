/** Four gateways as processes of their own over one database, and no Redis: what one of them revokes ends on all within 5 s. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { asString, type JsonObject } from '../../src/core/json.ts'
import { type Instances, startInstances } from '../support/instances.ts'
import { accept, asPage } from '../support/people.ts'
import { until } from '../support/until.ts'

const boundMs = 5_000
const count = 4

/** Reads the stream to its end. */
async function readOn(response: Response, onText: () => void): Promise<string> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    onText()
  }
  return text
}

test('four instances over one database', async (t) => {
  const instances = await startInstances(t, count, {
    // Without a channel between them, the poll of the store is all that tells them.
    shared: 'memory',
    access: {
      pepper: 'env:WEIR_PEPPER',
      browserKeys: { origins: ['https://app.example'], maxTtlSeconds: 3600 },
    },
  })
  if (typeof instances === 'string') return t.skip(instances)
  await t.test('a revoked key ends on all within five seconds, its open streams too', (t) =>
    endKey(t, instances),
  )
  await t.test('a session holds on every instance, and ends on all with its account', () =>
    endSession(instances),
  )
})

async function endKey(t: TestContext, { admin, post, gateways }: Instances): Promise<void> {
  const key = await admin(0, '/keys', 'POST', { name: 'shared' })
  const [id, secret] = [asString(key['id'])!, asString(key['secret'])!]
  const page = { models: ['*'], origins: ['https://app.example'], ttl_seconds: 3600 }
  const browser = asString((await admin(0, `/keys/${id}/browser`, 'POST', page))['secret'])!
  const everywhere = Array.from({ length: count }, (_, at) => at)
  for (const at of everywhere) {
    await until(`instance ${at} to know the key`, async () =>
      (await admin(at, `/keys/${id}`))['error'] === undefined ? true : undefined,
    )
  }
  const body: JsonObject = {
    // It says a word and then nothing, for far longer than a revocation may take.
    model: 'openai/fault/stall-after-1',
    stream: true,
    messages: [{ role: 'user', content: 'one two three four five six' }],
  }
  let talking = 0
  const ends: Promise<{ readonly text: string; readonly atMs: number }>[] = []
  const follow = (response: Response) => {
    assert.equal(response.status, 200)
    let isFirst = true
    const told = () => {
      if (isFirst) talking++
      isFirst = false
    }
    ends.push(readOn(response, told).then((text) => ({ text, atMs: performance.now() })))
  }
  for (const at of everywhere) {
    follow(await post(at, '/v1/chat/completions', body, { authorization: `Bearer ${secret}` }))
    const headers = {
      authorization: `Bearer ${browser}`,
      origin: 'https://app.example',
      'content-type': 'application/json',
    }
    const url = `${gateways[at]!.url}/v1/chat/completions`
    follow(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }))
  }
  await until('a word on every stream', () => (talking === 2 * count ? true : undefined))

  await admin(0, `/keys/${id}`, 'DELETE')
  const revokedAtMs = performance.now()
  const ended = await Promise.all(ends)
  const lastMs = Math.max(...ended.map(({ atMs }) => atMs)) - revokedAtMs
  t.diagnostic(`the last of ${ended.length} streams ended after ${Math.round(lastMs)} ms`)
  assert.ok(lastMs <= boundMs, `${lastMs} ms`)
  for (const { text } of ended) assert.match(text, /"code":"authentication_failed"/)
  for (const at of everywhere) {
    const ask = { ...body, model: 'openai/echo', stream: false }
    const response = await post(at, '/v1/chat/completions', ask, { authorization: `Bearer ${secret}` })
    assert.equal(response.status, 401, `instance ${at}`)
  }
}

async function endSession({ admin, gateways }: Instances): Promise<void> {
  const user = await admin(0, '/users', 'POST', { name: 'Ada', email: 'ada@example.com' })
  const id = asString(user['id'])!
  await admin(0, `/users/${id}/account`, 'PUT', { roles: [{ role: 'viewer' }] })
  const invited = await admin(0, `/users/${id}/invitation`, 'POST')
  const cookie = await accept(gateways[0]!.url, asString(invited['path'])!)
  const seen = async () => (await asPage(gateways[3]!.url, cookie)('GET', '/me')).status
  await until('the other instance to know her', async () => ((await seen()) === 200 ? true : undefined))
  await admin(0, `/users/${id}`, 'DELETE')
  await until(
    'the end of her session there',
    async () => ((await seen()) === 401 ? true : undefined),
    boundMs,
  )
}
