/** What golden runs may spend, and what they measure with an embedder, through a real gateway. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdminClient, withAdmin } from '../../src/cli/admin-client.ts'
import { asArray, asObject, asString, isObject, type JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'
import { startWordEmbedder } from '../support/word-embedder.ts'

const setOf = (more: JsonObject): string =>
  JSON.stringify({
    name: 'shop',
    target: 'openai/gpt-4o-mini',
    samples: 2,
    prompts: Array.from({ length: 5 }, (_, at) => ({ id: `p${at}`, prompt: `What is rule ${at}?` })),
    ...more,
  })

async function run(admin: AdminClient, text: string, more: JsonObject = {}): Promise<JsonObject> {
  const files = { 'golden.yaml': text }
  const answer = asObject(await admin.post('/drift/runs', { file: 'golden.yaml', files, ...more }))
  return asArray(answer?.['data']).filter(isObject).at(-1)!
}

test('golden runs have a budget of their own: beyond it they have no data, and others go on', async (t) => {
  const stack = await startStack(t, { config: { drift: { maxUsdPerDay: '0.0000001' } } })
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    const judged = await run(admin, setOf({}), { baseline: true })
    assert.equal(judged['verdict'], 'no-data')
    const reasons = asArray(judged['reasons']).map((reason) => asString(asObject(reason)?.['text']))
    assert.match(reasons.join(), /budget/)
  })
  const response = await stack.post('/v1/chat/completions', {
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: 'Hello' }],
  })
  assert.equal(response.status, 200)
  await response.arrayBuffer()
})

test('with an embedder the meaning of answers is a metric, and one that is down costs nothing else', async (t) => {
  const embedder = await startWordEmbedder(t)
  const stack = await startStack(t, {
    config: (url) => ({
      providers: {
        openai: { apiKey: 'env:PROVIDER_KEY', baseUrl: `${url}/openai/v1`, allowPrivateNetwork: true },
        words: {
          type: 'openai-compatible',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${embedder.url}/v1`,
          allowPrivateNetwork: true,
        },
      },
    }),
  })
  /** What the run says of metrics that are told and never alarm. */
  const alsoChanged = (judged: JsonObject): string => {
    const reasons = asArray(judged['reasons']).map((reason) => asObject(reason))
    return asString(reasons.find((reason) => reason?.['code'] === 'exploratory')?.['text']) ?? ''
  }
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    const text = setOf({ embedder: 'words/w', baseline: { runs: 12 } })
    await run(admin, text, { baseline: true, times: 12 })
    stack.simulator.setScenario({ rules: [{ match: { model: 'gpt-4o-mini' }, respond: 'words-12' }] })
    assert.match(alsoChanged(await run(admin, text)), /meaning/)
    embedder.answerWith((_request, response) => {
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"down"}}')
    })
    const without = alsoChanged(await run(admin, text))
    assert.match(without, /likeness in letters/)
    assert.doesNotMatch(without, /meaning/)
  })
})
