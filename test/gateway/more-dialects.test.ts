/** Cohere, Ollama and legacy completions behind the gateway, and OpenAI's clients before it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type Json, type JsonObject, parseJson } from '../../src/core/json.ts'
import { clients } from '../support/clients.ts'
import { startStack } from '../support/stack.ts'

const provider = (type: string, baseUrl: string, more: JsonObject = {}): JsonObject => ({
  type,
  apiKey: 'env:PROVIDER_KEY',
  baseUrl,
  allowPrivateNetwork: true,
  ...more,
})
const stack = await startStack(
  { after },
  {
    config: (url) => ({
      providers: {
        cohere: provider('cohere', `${url}/cohere/v2`),
        ollama: provider('ollama', `${url}/ollama/api`),
        voyage: provider('voyage', `${url}/voyage/v1`),
        openai: provider('openai', `${url}/openai/v1`),
        legacy: provider('openai-compatible', `${url}/openai/v1`, { dialect: 'openai-completions' }),
      },
    }),
  },
)

const chat = clients['openai-chat']
const ask = (model: string, more: JsonObject = {}) =>
  stack.post('/v1/chat/completions', {
    model,
    messages: [{ role: 'user', content: 'Where does the river go?' }],
    ...more,
  })
const lastReceipt = () => stack.simulator.receipts().at(-1)!
const paths: Readonly<Record<string, string>> = {
  cohere: '/cohere/v2/chat',
  ollama: '/ollama/api/chat',
  legacy: '/openai/v1/completions',
}

for (const name of ['cohere', 'ollama', 'legacy']) {
  for (const stream of [false, true]) {
    const how = stream ? 'streamed' : 'whole'
    test(`a chat client reads ${name} ${how}, and is told what was billed`, async () => {
      const streaming = stream && { stream_options: { include_usage: true } }
      const response = await ask(`${name}/words-7`, { stream, ...streaming, max_tokens: 50, n: 1 })
      const body = await response.text()
      const reading = stream ? chat.readStream(body) : chat.readWhole(body)
      assert.deepEqual(
        [response.status, reading.isFinished, reading.error, reading.text.split(' ').length],
        [200, true, undefined, 7],
      )
      assert.equal(lastReceipt().path, paths[name])
      const { inputTokens, outputTokens } = lastReceipt().billed!
      assert.match(body, new RegExp(`"prompt_tokens":${inputTokens},"completion_tokens":${outputTokens}\\b`))
    })

    test(`a stream of ${name} that is cut fails, ${how}`, async () => {
      const response = await ask(`${name}/fault/rst-after-2`, { stream })
      const body = await response.text()
      if (!stream) assert.equal(response.status, 502)
      else assert.ok(chat.readStream(body).error !== undefined && !chat.readStream(body).isFinished, body)
    })
  }
}

test('an error in the middle of a stream is told as one', async () => {
  for (const name of ['cohere', 'ollama']) {
    const reading = chat.readStream(
      await (await ask(`${name}/fault/err-event-after-2`, { stream: true })).text(),
    )
    assert.ok(reading.error !== undefined && !reading.isFinished, name)
  }
})

const tools = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
]

for (const name of ['cohere', 'ollama']) {
  test(`a tool of ${name} is called, and its result is returned`, async () => {
    const first = asObject(await (await ask(`${name}/tools`, { tools })).json())
    const choice = asObject(asArray(first?.['choices'])[0])
    const message = asObject(choice?.['message'])!
    const [call] = asArray(message['tool_calls']).map(asObject)
    assert.equal(choice?.['finish_reason'], 'tool_calls')
    assert.equal(asObject(call?.['function'])?.['name'], 'look')
    const messages: Json = [
      { role: 'user', content: 'Where does the river go?' },
      message,
      { role: 'tool', tool_call_id: call!['id']!, content: 'To the sea.' },
    ]
    const second = await ask(`${name}/tools`, { tools, messages })
    assert.match(await second.text(), /The tool has answered/)
    const sent = asArray(asObject(lastReceipt().body)?.['messages']).map((each) => asObject(each)?.['role'])
    assert.deepEqual(sent, ['user', 'assistant', 'tool'])
    const streamed = await (await ask(`${name}/tools`, { tools, stream: true })).text()
    assert.match(streamed, /"finish_reason":"tool_calls"/)
    assert.match(streamed, /"name":"look"/)
  })

  test(`the reasoning of ${name} comes back to it in the next turn`, async () => {
    const first = asObject(await (await ask(`${name}/reason-5`)).json())
    const message = asObject(asObject(asArray(first?.['choices'])[0])?.['message'])!
    const reasoning = asString(message['reasoning_content'])!
    assert.ok(reasoning.length > 0)
    const messages: Json = [{ role: 'user', content: 'a' }, message, { role: 'user', content: 'b' }]
    const second = await ask(`${name}/echo`, { messages })
    assert.equal(second.headers.get('x-weir-dropped'), null)
    await second.text()
    assert.ok(JSON.stringify(lastReceipt().body).includes(JSON.stringify(reasoning).slice(1, -1)))
  })

  test(`the schema of an answer reaches ${name}`, async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema } }
    const reading = chat.readWhole(await (await ask(`${name}/json`, { response_format })).text())
    assert.equal(typeof asObject(parseJson(reading.text))?.['city'], 'string')
  })
}

test('a completions client is answered by a chat model, whole and streamed', async () => {
  const prompt = 'Where does the river go?'
  const whole = await stack.post('/v1/completions', { model: 'cohere/words-7', prompt, suffix: 'End.' })
  assert.equal(whole.headers.get('x-weir-dropped'), 'suffix')
  const body = asObject(await whole.json())!
  const choice = asObject(asArray(body['choices'])[0])
  assert.deepEqual([body['object'], choice?.['finish_reason']], ['text_completion', 'stop'])
  assert.equal(asString(choice?.['text'])?.split(' ').length, 7)
  const options = { stream: true, stream_options: { include_usage: true } }
  const streamed = await stack.post('/v1/completions', { model: 'openai/words-7', prompt, ...options })
  const chunks = (await streamed.text()).split('\n').flatMap((line) => {
    const value = line.startsWith('data: {') ? asObject(parseJson(line.slice(6))) : undefined
    return value === undefined ? [] : [value]
  })
  const text = chunks.flatMap((chunk) => asArray(chunk['choices'])).map((each) => asObject(each)?.['text'])
  assert.equal(text.join('').split(' ').length, 7)
  assert.ok(asObject(chunks.at(-1)?.['usage'])?.['total_tokens'])
  const tokens = await stack.post('/v1/completions', { model: 'openai/echo', prompt: [1, 2, 3] })
  assert.deepEqual(
    [tokens.status, asObject(asObject(await tokens.json())?.['error'])?.['param']],
    [400, 'prompt'],
  )
})

test('a completions client of a completions provider is passed through, its usage accounted', async () => {
  const options = { model: 'legacy/words-3', prompt: 'Hi', echo: true, stream: true }
  const response = await stack.post('/v1/completions', options)
  const body = await response.text()
  assert.match(body, /data: \[DONE\]/)
  assert.doesNotMatch(body, /"usage"/) // it was asked for, and not by the client
  const sent = asObject(lastReceipt().body)
  assert.deepEqual([sent?.['echo'], sent?.['stream_options']], [true, { include_usage: true }])
})

test('embeddings of each provider reach a client of OpenAI', async () => {
  for (const name of ['cohere', 'ollama', 'voyage']) {
    const input = ['the river', 'the sea']
    const response = await stack.post('/v1/embeddings', { model: `${name}/embed`, input })
    const body = asObject(await response.json())!
    assert.equal(response.status, 200, JSON.stringify(body))
    const vectors = asArray(body['data']).map((item) => asArray(asObject(item)?.['embedding']))
    assert.equal(vectors.length, 2, name)
    assert.ok(vectors.every((vector) => vector.length > 100))
    assert.equal(asObject(body['usage'])?.['prompt_tokens'], lastReceipt().billed?.inputTokens, name)
  }
})

test('a provider that only embeds answers no chat', async () => {
  const response = await ask('voyage/voyage-4')
  assert.equal(response.status, 501)
  assert.equal(asObject(asObject(await response.json())?.['error'])?.['code'], 'unsupported_operation')
})
