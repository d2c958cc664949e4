/** The judge before a semantic hit, through real sockets: what it is shown, what its word does, and what its silence does. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, asString } from '../../src/core/json.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { startWordEmbedder } from '../support/word-embedder.ts'

const asked = 'How do I enable two-factor authentication on my GitHub account?'
const again = 'How can I turn on 2FA on my GitHub account?'

async function startScene(t: TestContext) {
  const embedder = await startWordEmbedder(t)
  const judge = await startScriptedProvider(t)
  let verdict: string | undefined = 'Yes.'
  judge.answerWith((_request, response) => {
    if (verdict === undefined) return // for ever
    const message = { role: 'assistant', content: verdict }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        id: 'j',
        object: 'chat.completion',
        model: 'judge',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
      }),
    )
  })
  const provider = (url: string) => ({
    type: 'openai-compatible',
    apiKey: 'env:PROVIDER_KEY',
    baseUrl: url,
    allowPrivateNetwork: true,
  })
  const stack = await startStack(t, {
    config: (url) => ({
      providers: {
        openai: { ...provider(`${url}/openai/v1`), type: 'openai' },
        words: provider(`${embedder.url}/v1`),
        bench: provider(`${judge.url}/v1`),
      },
      routes: { chat: { targets: ['openai/echo'] } },
      cache: {
        exact: {},
        semantic: {
          embedder: 'words/w',
          mode: 'serve',
          threshold: 0.5,
          sample: 0,
          timeoutMs: 2000,
          judge: 'bench/judge',
        },
      },
    }),
  })
  return {
    stack,
    judge,
    say: (word: string | undefined) => (verdict = word),
    async ask(content: string) {
      const body = { model: 'chat', messages: [{ role: 'user', content }] }
      const response = await stack.post('/v1/chat/completions', body)
      await response.arrayBuffer()
      return response.headers.get('x-weir-cache')
    },
    metric: async (line: RegExp) =>
      line.test(await (await fetch(`${stack.gateway.url}/metrics`)).text()) || undefined,
  }
}

test('a hit waits for the judge, and its no is a miss', async (t) => {
  const scene = await startScene(t)
  assert.equal(await scene.ask(asked), 'miss')
  await until('the hit', async () => ((await scene.ask(again)) === 'semantic-hit' ? true : undefined))
  const shown = asObject(JSON.parse(scene.judge.received[0]!.body.toString()))!
  assert.equal(shown['temperature'], 0)
  const words = asArray(shown['messages']).map((message) => asString(asObject(message)?.['content']))
  assert.ok(words.at(-1)!.endsWith(JSON.stringify({ one: again, other: asked })), words.at(-1))

  const before = scene.judge.received.length
  scene.say('No, they differ.')
  assert.equal(await scene.ask(`${again} Thanks.`), 'miss')
  assert.equal(scene.judge.received.length, before + 1)
  assert.equal(await scene.metric(/weir_cache_semantic_total\{route="chat",outcome="judged"\} 1/), true)

  // What the guards refuse, the judge is never asked about.
  assert.equal(await scene.ask('How do I disable two-factor authentication on my GitHub account?'), 'miss')
  assert.equal(scene.judge.received.length, before + 1)

  // Its calls are calls: they have records of their own, and are paid for.
  const calls = await until('the records', async () => {
    const { data } = await scene.stack.admin('/requests?tag=cache-judge')
    return asArray(data).length === scene.judge.received.length ? asArray(data) : undefined
  })
  assert.ok(calls.every((call) => asObject(asObject(call)?.['cache'])?.['outcome'] !== 'hit'))
})

test('a judge that says neither, that fails, or that is late, is a no', async (t) => {
  const scene = await startScene(t)
  await scene.ask(asked)
  await until('the hit', async () => ((await scene.ask(again)) === 'semantic-hit' ? true : undefined))
  scene.say('I cannot tell; yes and no.')
  assert.equal(await scene.ask(`${again} Thanks.`), 'miss')
  scene.judge.answerWith((_request, response) => {
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"down"}}')
  })
  assert.equal(await scene.ask(`Please: ${again}`), 'miss')
  scene.judge.answerWith(() => undefined)
  assert.equal(await scene.ask(`Hello! ${again}`), 'miss')
})
