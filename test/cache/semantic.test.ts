/** The semantic cache through real sockets: what it serves, what it refuses, what it measures, and what it survives. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { asOwner, createPerson } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { startWordEmbedder } from '../support/word-embedder.ts'

async function startScene(t: TestContext, semantic: JsonObject) {
  const embedder = await startWordEmbedder(t)
  const stack = await startStack(t, {
    config: (simulatorUrl) => ({
      providers: {
        openai: {
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${simulatorUrl}/openai/v1`,
          allowPrivateNetwork: true,
        },
        words: {
          type: 'openai-compatible',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${embedder.url}/v1`,
          allowPrivateNetwork: true,
        },
      },
      routes: { chat: { targets: ['openai/echo'] }, other: { targets: ['openai/echo'] } },
      cache: {
        exact: {},
        semantic: { embedder: 'words/w', threshold: 0.6, sample: 0, timeoutMs: 5000, ...semantic },
      },
    }),
  })
  return {
    ...stack,
    embedder,
    async ask(text: string, more: JsonObject = {}, before: readonly JsonObject[] = []) {
      const messages = [...before, { role: 'user', content: text }]
      const response = await stack.post('/v1/chat/completions', { model: 'chat', messages, ...more })
      const body = asObject(await response.json())
      const content = asObject(asObject(asArray(body?.['choices'])[0])?.['message'])?.['content']
      const { headers, status } = response
      return { cache: headers.get('x-weir-cache'), content, status, id: headers.get('x-weir-request-id') }
    },
    metric: async (line: RegExp) =>
      line.test(await (await fetch(`${stack.gateway.url}/metrics`)).text()) || undefined,
    trust: async () =>
      asArray((await stack.admin('/cache'))['semantic'])
        .map((each) => asObject(each)!)
        .find((each) => each['destination'] === 'chat'),
  }
}

const asked = 'How do I enable two-factor authentication on my GitHub account?'
const again = 'How can I turn on 2FA on my GitHub account?'

/** Questions are indexed beside the answer: the next request may come first. */
async function untilHit(scene: Awaited<ReturnType<typeof startScene>>, text: string) {
  return until('the hit', async () => {
    const told = await scene.ask(text, {}, [])
    return told.cache === 'semantic-hit' ? told : undefined
  })
}

test('a question in other words is answered by the answer that is kept', async (t) => {
  const scene = await startScene(t, { mode: 'serve' })
  const first = await scene.ask(asked)
  assert.equal(first.cache, 'miss')
  await until('the index', () => scene.metric(/weir_cache_semantic_total\{route="chat",outcome="none"\} 1/))
  const second = await scene.ask(again)
  assert.deepEqual([second.cache, second.content], ['semantic-hit', asked])
  const record = await until('the record', async () => {
    const found = await scene.admin(`/requests/${second.id}`)
    return found['error'] === undefined ? found : undefined
  })
  const told = asObject(record['cache'])
  assert.equal(told?.['outcome'], 'semantic-hit')
  assert.ok(Number(told['similarity']) > 0.6)
  assert.equal(asArray(record['attempts']).length, 0)
  assert.equal(scene.simulator.receipts().length, 1)
})

test('what turns a question round is another question', async (t) => {
  const scene = await startScene(t, { mode: 'serve', threshold: 0.3 })
  await scene.ask(asked)
  await untilHit(scene, again)
  for (const near of [
    'How do I disable two-factor authentication on my GitHub account?',
    'How do I enable two-factor authentication on my Dropbox account?',
    'How do I enable two-factor authentication on 3 GitHub accounts?',
    'Why can I not enable two-factor authentication on my GitHub account?',
    'How do I enable two-factor authentication for all users on my GitHub account?',
    'How did I enable two-factor authentication on my GitHub account yesterday?',
    'How do I enable `ssh` authentication on my GitHub account?',
  ]) {
    const told = await scene.ask(near)
    assert.deepEqual([told.cache, told.content], ['miss', near])
  }
})

test('another prompt, route, tool set, schema, history or sampling is another cache', async (t) => {
  const scene = await startScene(t, { mode: 'serve' })
  await scene.ask(asked)
  await untilHit(scene, again)
  const tool = { type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }
  for (const [more, before] of [
    [{}, [{ role: 'system', content: 'You are a pirate.' }]],
    [
      {},
      [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
      ],
    ],
    [{ model: 'other' }, []],
    [{ tools: [tool] }, []],
    [{ response_format: { type: 'json_object' } }, []],
    [{ temperature: 0 }, []],
    [{ max_tokens: 5 }, []],
  ] as const) {
    const told = await scene.ask(`${again} Please.`, { ...more }, before)
    assert.equal(told.cache, 'miss', JSON.stringify([more, before]))
  }
})

test('in the shadow nothing is served, and what would have been is compared', async (t) => {
  const scene = await startScene(t, { mode: 'shadow' })
  await scene.ask(asked)
  await until('the index', () => scene.metric(/weir_cache_semantic_total\{route="chat",outcome="none"\} 1/))
  const others = [again, `Please tell me: ${asked}`, `${asked} Thanks.`]
  for (const text of others) {
    const told = await scene.ask(text)
    assert.deepEqual([told.cache, told.content], ['miss', text])
  }
  const trust = await until('the comparisons', async () => {
    const reading = await scene.trust()
    return reading?.['compared'] === others.length ? reading : undefined
  })
  // The model repeats the question, and these say the same.
  assert.equal(trust['false_hits'], 0)
  assert.equal(trust['threshold'], 0.6)
  assert.equal(asArray(trust['false_hit_interval']).length, 2)
  await until('the metric', () =>
    scene.metric(/weir_cache_comparisons_total\{route="chat",agrees="true"\} 3/),
  )
})

test('a threshold that is set by hand holds at once, and is in the audit', async (t) => {
  const scene = await startScene(t, { mode: 'serve' })
  const owner = asOwner(scene)
  const set = (threshold: number, destination = 'chat') =>
    owner('PUT', '/cache/threshold', { destination, threshold })
  assert.equal((await set(0.9)).status, 404, 'nothing was looked for yet')
  await scene.ask(asked)
  await untilHit(scene, again)
  const { status, body } = await set(0.99)
  assert.deepEqual([status, body['threshold'], body['compared']], [200, 0.99, 0])
  assert.equal((await scene.ask(`${again} Please.`)).cache, 'miss')
  assert.equal((await scene.trust())?.['threshold'], 0.99)
  assert.equal((await set(0.6)).status, 200)
  await untilHit(scene, `${again} Thanks.`)
  for (const threshold of [0.1, 1]) assert.equal((await set(threshold)).status, 400)
  assert.equal((await set(0.9, 'other')).status, 404)
  const { data } = await scene.admin('/audit?action=cache.threshold')
  const acts = asArray(data).map((act) => asObject(act) ?? {})
  assert.deepEqual(
    acts.map((act) => [act['object'], act['before'], act['after']]),
    [
      ['cache:chat', { threshold: 0.99 }, { threshold: 0.6 }],
      ['cache:chat', { threshold: 0.6 }, { threshold: 0.99 }],
    ],
  )
})

test('an embedder that is down or slow is a miss, never an error', async (t) => {
  const patient = await startScene(t, { mode: 'serve' })
  patient.embedder.answerWith((_request, response) => {
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"down"}}')
  })
  assert.deepEqual([(await patient.ask(asked)).status, (await patient.ask(again)).cache], [200, 'miss'])
  await until('the metric', () => patient.metric(/weir_cache_faults_total\{what="semantic"\} [1-9]/))
  const hasty = await startScene(t, { mode: 'serve', timeoutMs: 60 })
  hasty.embedder.answerWith(() => undefined)
  assert.deepEqual((await hasty.ask('Who wrote Faust?')).cache, 'miss')
  await until('the metric', () =>
    hasty.metric(/weir_cache_semantic_total\{route="chat",outcome="slow"\} [1-9]/),
  )
})

test('what was purged is not served, whoever was near it', async (t) => {
  const scene = await startScene(t, { mode: 'serve' })
  await scene.ask(asked)
  await untilHit(scene, again)
  await fetch(`${scene.gateway.url}/admin/v1/cache`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer admin-token-of-16-characters' },
  })
  assert.equal((await scene.ask(`${again} Please.`)).cache, 'miss')
})

test('people judge what was compared: the rate of wrong hits follows them', async (t) => {
  const scene = await startScene(t, { mode: 'shadow' })
  const owner = asOwner(scene)
  const pairs = async () =>
    asArray((await owner('GET', '/cache/pairs')).body['data']).map((each) => asObject(each)!)
  await scene.ask(asked)
  await until('the index', () => scene.metric(/weir_cache_semantic_total\{route="chat",outcome="none"\} 1/))
  await scene.ask(again)
  const pair = await until('the pair', async () => (await pairs())[0])
  // An echo says what it was asked.
  assert.deepEqual(
    [
      pair['destination'],
      pair['agrees'],
      pair['question'],
      pair['as_before'],
      pair['answer'],
      pair['served'],
    ],
    ['chat', true, again, asked, again, asked],
  )
  assert.equal((await scene.admin('/cache'))['to_judge'], 1)
  const judge = (agrees: boolean) => owner('PUT', `/cache/pairs/${String(pair['id'])}`, { agrees })
  const { status, body } = await judge(false)
  assert.deepEqual([status, body['compared'], body['false_hits']], [200, 1, 1])
  assert.equal((await judge(true)).status, 404, 'it is judged once')
  assert.deepEqual([await pairs(), (await scene.admin('/cache'))['to_judge']], [[], 0])
  const viewer = await createPerson(scene, 'Vera', [{ role: 'viewer' }])
  assert.equal((await viewer.call('GET', '/cache/pairs')).status, 403)
  await scene.ask('How can I switch on 2FA on my GitHub account?')
  await until('another pair', async () => (await pairs())[0])
  await owner('DELETE', '/cache?destination=chat')
  assert.deepEqual(await pairs(), [], 'what is purged is not shown')
  const audited = asArray((await owner('GET', '/audit?action=cache.pair.judge')).body['data'])
  assert.deepEqual(asObject(audited.at(-1))?.['before'], { agrees: true })
})
