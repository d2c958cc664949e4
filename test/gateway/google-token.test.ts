/** Vertex AI: a service account's key is exchanged for an access token, which is kept, renewed and told when refused. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack, type Lifetime } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

async function startVertex(t: Lifetime, expiresIn: number) {
  const tokens = await startScriptedProvider(t)
  const vertex = await startScriptedProvider(t)
  let given = 0
  tokens.answerWith(({ body, headers }, response) => {
    const [head, claims, signature] = new URLSearchParams(body.toString())
      .get('assertion')!
      .split('.') as string[]
    const isValid =
      headers['content-type']?.[0] === 'application/x-www-form-urlencoded' &&
      verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature!, 'base64url'))
    response
      .writeHead(isValid ? 200 : 400, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(
          isValid ? { access_token: `token-${++given}`, expires_in: expiresIn } : { error: 'bad' },
        ),
      )
  })
  vertex.answerWith((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        candidates: [{ content: { role: 'model', parts: [{ text: 'hello' }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
      }),
    ),
  )
  const file = join(createTemporaryFolder(), 'account.json')
  writeFileSync(
    file,
    JSON.stringify({
      type: 'service_account',
      client_email: 'weir@p.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: `${tokens.url}/token`,
    }),
  )
  const path = '/v1beta1/projects/p/locations/global/publishers/google'
  const settings: JsonObject = {
    type: 'vertex',
    apiKey: `file:${file}`,
    baseUrl: vertex.url + path,
    allowPrivateNetwork: true,
  }
  const stack = await startStack(t, { config: { providers: { vertex: settings } } })
  const ask = () =>
    stack.post('/v1/chat/completions', {
      model: 'vertex/gemini-3',
      messages: [{ role: 'user', content: 'hi' }],
    })
  return { tokens, vertex, stack, ask, path }
}

test('requests at once share one exchange, later ones the token', async (t) => {
  const { tokens, vertex, ask, path } = await startVertex(t, 3599)
  const first = await Promise.all([ask(), ask(), ask()])
  assert.deepEqual(
    first.map(({ status }) => status),
    [200, 200, 200],
  )
  assert.equal((await ask()).status, 200)
  assert.equal(tokens.received.length, 1)
  assert.equal(vertex.received.length, 4)
  for (const { headers, target } of vertex.received) {
    assert.deepEqual(headers['authorization'], ['Bearer token-1'])
    assert.equal(target, `${path}/models/gemini-3:generateContent`)
  }
})

test('a token that is about to end is not sent; one that will end soon serves while the next is fetched', async (t) => {
  const short = await startVertex(t, 20)
  await short.ask()
  await short.ask()
  assert.deepEqual(
    short.vertex.received.map(({ headers }) => headers['authorization']![0]),
    ['Bearer token-1', 'Bearer token-2'],
  )
  const soon = await startVertex(t, 200)
  await soon.ask()
  await soon.ask()
  assert.equal(soon.vertex.received[1]!.headers['authorization']![0], 'Bearer token-1')
  assert.equal(soon.tokens.received.length, 2)
})

test('a refused exchange is told as a fault of the credential, and the next request tries again', async (t) => {
  const { tokens, vertex, ask, stack } = await startVertex(t, 3599)
  tokens.answerWith((_, response) =>
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}'),
  )
  const refused = await ask()
  assert.equal(refused.status, 502)
  assert.match(await refused.text(), /upstream_auth/)
  assert.equal(vertex.received.length, 0)
  assert.ok(!stack.log.join('').includes('PRIVATE KEY'))
  tokens.answerWith((_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"access_token":"later","expires_in":3599}'),
  )
  assert.equal((await ask()).status, 200)
})
