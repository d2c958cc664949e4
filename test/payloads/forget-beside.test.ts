/** A user is forgotten in what stands beside their requests: feedback, experiments, deferred answers, tokens, questions. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { asOwner } from '../support/people.ts'
import { type Stack, startStack, testKey } from '../support/stack.ts'
import { audience, createIssuer, issuer as iss, publish } from '../support/token-issuer.ts'
import { until } from '../support/until.ts'
import { startWordEmbedder } from '../support/word-embedder.ts'

const messages = [{ role: 'user', content: 'over the weir' }]

async function ask(stack: Stack, model: string, headers: Readonly<Record<string, string>>) {
  const response = await stack.post('/v1/chat/completions', { model, messages }, headers)
  const body = (await response.json()) as JsonObject
  return { status: response.status, body, id: response.headers.get('x-weir-request-id') ?? '' }
}

const forget = async (stack: Stack, user: string) => (await asOwner(stack)('POST', '/forget', { user })).body

/** Requests whose records are there. */
const recorded = (stack: Stack, count: number) =>
  until('the records', async () => {
    const data = asArray((await stack.admin('/requests'))['data']).map((each) => asObject(each)!)
    return data.length === count ? data : undefined
  })

test('feedback on the requests of the user goes, and their places in experiments', async (t) => {
  const experiment = {
    name: 'taste',
    minUnits: 20,
    arms: [{ name: 'plain' }, { name: 'kind', prompt: 'Hi.' }],
  }
  const routes = { assistant: { strategy: 'experiment', targets: ['openai/echo'], experiment } }
  const stack = await startStack(t, { config: { routes } })
  for (const [user, session] of [
    ['ada', 'one'],
    ['ada', 'two'],
    ['bob', 'three'],
  ] as const) {
    const { id } = await ask(stack, 'assistant', { 'x-weir-user': user, 'x-weir-session': session })
    const said = await stack.post('/v1/feedback', { request_id: id, score: 1, comment: `I am ${user}` })
    assert.ok(said.ok)
  }
  await recorded(stack, 3)
  const done = await forget(stack, 'ada')
  assert.deepEqual([done['feedback'], done['experiment_units']], [2, 2])
  const left = asArray((await stack.admin('/feedback'))['data']).map((each) => asObject(each)?.['comment'])
  assert.deepEqual(left, ['I am bob'])
  const records = await recorded(stack, 3)
  assert.equal(records.filter((record) => record['experiment'] !== undefined).length, 1)
  assert.equal((await forget(stack, 'ada'))['experiment_units'], 0)
})

test('an answer to a deferred request that named the user goes, whosever key it came with', async (t) => {
  const stack = await startStack(t)
  const authorization = `Bearer ${testKey}`
  const read = (id: string) => fetch(`${stack.gateway.url}/v1/deferred/${id}`, { headers: { authorization } })
  const defer = async (headers: Readonly<Record<string, string>>, more: JsonObject = {}) => {
    const body = { model: 'openai/echo', messages, ...more }
    const taken = await stack.post('/v1/chat/completions', body, { 'x-weir-deferred': '1', ...headers })
    const id = asString(((await taken.json()) as JsonObject)['id'])!
    await until('the answer', async () => ((await read(id)).status === 200 ? true : undefined))
    return id
  }
  const hers = [await defer({ 'x-weir-user': 'ada' }), await defer({}, { user: 'ada' })]
  const other = await defer({ 'x-weir-user': 'bob' })
  assert.equal((await forget(stack, 'ada'))['batches'], 2)
  for (const id of hers) assert.equal((await read(id)).status, 404)
  assert.equal((await read(other)).status, 200)
})

test('who comes with tokens is found by the subject, alone or behind the name of the issuer', async (t) => {
  const issuer = await createIssuer()
  const jwksUrl = await publish(t, issuer)
  const corp = { issuer: iss, audience, jwksUrl, allowPrivateNetwork: true, models: ['openai/*'] }
  const stack = await startStack(t, { config: { access: { jwt: { corp } }, payloads: { record: 'on' } } })
  for (const sub of ['ada', 'eve', 'bob']) {
    const token = await issuer.sign('first', { sub })
    const { status } = await ask(stack, 'openai/echo', { authorization: `Bearer ${token}` })
    assert.equal(status, 200)
  }
  await recorded(stack, 3)
  for (const user of ['ada', 'corp:eve']) {
    const { keys, records, payloads } = await forget(stack, user)
    assert.deepEqual({ keys, records, payloads }, { keys: 0, records: 1, payloads: 1 })
  }
  assert.equal(asArray((await stack.admin('/payloads'))['data']).length, 1)
})

test('the questions of the semantic cache go with the answers', async (t) => {
  const embedder = await startWordEmbedder(t)
  const stack = await startStack(t, {
    config: (simulatorUrl) => ({
      providers: Object.fromEntries(
        [['openai', `${simulatorUrl}/openai/v1`] as const, ['words', `${embedder.url}/v1`] as const].map(
          ([name, baseUrl]) => [
            name,
            {
              ...(name === 'words' && { type: 'openai-compatible' }),
              apiKey: 'env:PROVIDER_KEY',
              baseUrl,
              allowPrivateNetwork: true,
            },
          ],
        ),
      ),
      routes: { chat: { targets: ['openai/echo'] } },
      cache: {
        exact: {},
        semantic: { embedder: 'words/w', mode: 'serve', threshold: 0.6, sample: 0, timeoutMs: 5000 },
      },
    }),
  })
  const question = async (content: string) => {
    const body = { model: 'chat', messages: [{ role: 'user', content }] }
    const response = await stack.post('/v1/chat/completions', body)
    await response.arrayBuffer()
    return response.headers.get('x-weir-cache')
  }
  const looks = async (outcome: string) => {
    const text = await (await fetch(`${stack.gateway.url}/metrics`)).text()
    const line = new RegExp(`weir_cache_semantic_total\\{route="chat",outcome="${outcome}"\\} (\\d+)`)
    return Number(line.exec(text)?.[1] ?? 0)
  }
  const again = 'How can I turn on 2FA on my GitHub account?'
  await question('How do I enable two-factor authentication on my GitHub account?')
  await until('the index', async () => ((await looks('none')) === 1 ? true : undefined))
  assert.equal(await question(again), 'semantic-hit')
  const embedded = embedder.received.length
  assert.ok(Number((await forget(stack, 'ada'))['cache_entries']) > 0)
  const none = await looks('none')
  assert.equal(await question(again), 'miss')
  // It is asked of the embedder anew, and nothing is near: an answer that is gone would be another outcome.
  await until('the look', async () => ((await looks('none')) === none + 1 ? true : undefined))
  assert.equal(await looks('gone'), 0)
  assert.equal(embedder.received.length, embedded + 1)
})
