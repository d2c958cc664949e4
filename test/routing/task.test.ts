/** The `task` strategy through a real gateway: its examples are embedded by a configured provider, and calls go on without it. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, type Json, parseJson } from '../../src/core/json.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const words = ['label', 'sort', 'poem', 'novel']

/** An embedder that counts these words. */
async function startEmbedder(t: TestContext) {
  let isBroken = false
  const provider = await startScriptedProvider(t)
  provider.answerWith(({ body }, response) => {
    if (isBroken) return void response.writeHead(500).end()
    const texts = asArray(asObject(parseJson(body.toString()))?.['input'])
    const data = texts.map((text, index) => ({
      object: 'embedding',
      index,
      embedding: words.map((word) => (String(text).includes(word) ? 1 : 0)),
    }))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ object: 'list', model: 'm', data, usage: { prompt_tokens: 1, total_tokens: 1 } }),
    )
  })
  return { provider, break: () => (isBroken = true) }
}

const route = {
  strategy: 'task',
  targets: [
    { target: 'openai/words-1', labels: ['simple'] },
    { target: 'claude/words-2', labels: ['hard'] },
  ],
  rules: [{ label: 'hard', when: { tags: ['careful'] } }, { label: 'simple' }],
  examples: {
    embedder: 'embedder/m',
    timeoutMs: 5000,
    labelled: [
      { label: 'simple', text: 'label this mail' },
      { label: 'simple', text: 'sort these words' },
      { label: 'hard', text: 'write a poem' },
      { label: 'hard', text: 'go on with my novel' },
    ],
  },
}

async function ask(stack: Stack, content: string, headers: Record<string, string> = {}) {
  const body = { model: 'smart', messages: [{ role: 'user', content }] }
  const response = await stack.post('/v1/chat/completions', body, headers)
  await response.text()
  const record = await until('the record', async () => {
    const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['error'] === undefined ? found : undefined
  })
  return {
    status: response.status,
    provider: response.headers.get('x-weir-provider'),
    reason: String(asObject(record['decision'] as Json)?.['reason']),
  }
}

test('a request goes to the target of the nearest examples, and on by the rules when the embedder fails', async (t) => {
  const embedder = await startEmbedder(t)
  const stack = await startStack(t, {
    config: (simulatorUrl) => {
      const provider = (type: string, path: string) => ({
        type,
        apiKey: 'env:PROVIDER_KEY',
        baseUrl: simulatorUrl + path,
        allowPrivateNetwork: true,
      })
      return {
        providers: {
          openai: provider('openai', '/openai/v1'),
          claude: provider('anthropic', '/anthropic/v1'),
          embedder: {
            type: 'openai-compatible',
            baseUrl: embedder.provider.url,
            allowPrivateNetwork: true,
          },
        },
        routes: { smart: route },
      }
    },
  })
  const hard = await until('the examples', async () => {
    const told = await ask(stack, 'write me a novel about a weir')
    return told.reason.includes('not embedded yet') ? undefined : told
  })
  assert.deepEqual(hard, {
    status: 200,
    provider: 'claude',
    reason: 'the nearest examples name the task hard (1.00 near)',
  })
  const simple = await ask(stack, 'sort these')
  assert.deepEqual([simple.provider, simple.reason.includes('task simple')], ['openai', true])
  const calls = embedder.provider.received.length
  const ruled = await ask(stack, 'sort these', { 'x-weir-tags': 'careful' })
  assert.deepEqual([ruled.provider, ruled.reason], ['claude', 'rule 1 names the task hard'])
  assert.equal(embedder.provider.received.length, calls)
  // The gateway's own calls are on record, on its own account.
  const own = await until('the record of the embedding', async () => {
    const found = asArray((await stack.admin('/requests?limit=100'))['data']).map(
      (each) => asObject(each) ?? {},
    )
    return found.find((each) => each['operation'] === 'embed')
  })
  assert.equal(own['key_name'], 'gateway')
  embedder.break()
  const fallen = await ask(stack, 'write me a novel')
  assert.deepEqual(
    [fallen.status, fallen.provider, fallen.reason],
    [200, 'openai', 'rule 2 names the task simple (the embedder failed: upstream_error)'],
  )
})
