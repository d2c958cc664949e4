/** What a provider would ignore without a word is left out, told, and refused where the client wants it so. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'

const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
const messages = [{ role: 'user', content: 'hi' }]

test('tools towards a provider without tools', async (t) => {
  const stack = await startStack(t, {
    config: (url) => ({
      providers: {
        searcher: {
          type: 'perplexity',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${url}/openai/v1`,
          allowPrivateNetwork: true,
        },
      },
    }),
  })
  for (const [path, body] of [
    ['/v1/chat/completions', { messages, tools, tool_choice: 'auto' }],
    [
      '/v1/responses',
      { input: 'hi', tools: [{ type: 'function', name: 'f', parameters: {}, strict: false }] },
    ],
  ] as const) {
    const told = await stack.post(path, { model: 'searcher/words-3', ...body })
    assert.equal(told.status, 200, await told.text())
    assert.match(told.headers.get('x-weir-dropped') ?? '', /\btools\b/, path)
    const sent = asObject(stack.simulator.receipts().at(-1)!.body)
    assert.equal(sent?.['tools'], undefined)
    assert.equal(sent?.['tool_choice'], undefined)
    const refused = await stack.post(path, { model: 'searcher/words-3', ...body }, { 'x-weir-strict': '1' })
    assert.equal(refused.status, 400)
  }
  const plain = await stack.post('/v1/chat/completions', { model: 'searcher/words-3', messages })
  assert.equal(plain.headers.get('x-weir-dropped'), null)
})
