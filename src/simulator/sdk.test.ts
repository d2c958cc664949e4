import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI, FunctionCallingConfigMode, Type } from '@google/genai'
import OpenAI from 'openai'
import { createSimulator, type Simulator } from './simulator.ts'

async function start(t: TestContext): Promise<{ simulator: Simulator; url: string }> {
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  return { simulator, url }
}

const openai = (url: string, provider = 'openai') =>
  new OpenAI({ baseURL: `${url}/${provider}/v1`, apiKey: 'sk-canary', maxRetries: 0 })
const anthropic = (url: string) =>
  new Anthropic({ baseURL: `${url}/anthropic`, apiKey: 'sk-canary', maxRetries: 0 })
const google = (url: string) =>
  new GoogleGenAI({ apiKey: 'sk-canary', httpOptions: { baseUrl: `${url}/gemini` } })

const weather = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
  required: ['city', 'days'],
}
const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
}
const user = (content: string) => [{ role: 'user' as const, content }]
const hello = 'Hello there, river.'

test('Chat Completions, whole and streamed, tell the same', async (t) => {
  const { simulator, url } = await start(t)
  for (const provider of ['openai', 'deepseek', 'mistral', 'qwen', 'groq', 'openrouter', 'unheard-of']) {
    const client = openai(url, provider)
    const whole = await client.chat.completions.create({ model: 'echo', messages: user(hello) })
    assert.equal(whole.choices[0]?.message.content, hello)
    assert.equal(whole.choices[0]?.finish_reason, 'stop')
    const stream = await client.chat.completions.create({
      model: 'echo',
      messages: user(hello),
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let finish: string | null = null
    let usage: unknown
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      usage = chunk.usage ?? usage
    }
    assert.equal(text, hello, provider)
    assert.equal(finish, 'stop', provider)
    assert.deepEqual(usage, whole.usage, provider)
    for (const receipt of simulator.receipts().slice(-2)) {
      assert.equal(receipt.ended, 'complete')
      assert.equal(receipt.billed?.inputTokens, whole.usage?.prompt_tokens)
      assert.equal(receipt.billed?.outputTokens, whole.usage?.completion_tokens)
      assert.equal(receipt.provider, provider)
    }
  }
})

test('Chat Completions: tools, their results, schemas, refusals, choices, limits', async (t) => {
  const { url } = await start(t)
  const { completions } = openai(url).chat
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: weather } }]
  const asked = await completions.create({ model: 'tools-parallel', messages: user('?'), tools })
  const calls = asked.choices[0]!.message.tool_calls!
  assert.equal(asked.choices[0]!.finish_reason, 'tool_calls')
  assert.deepEqual(
    calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments)),
    [
      { city: 'text', days: 2 },
      { city: 'text', days: 2 },
    ],
  )
  assert.notEqual(calls[0]!.id, calls[1]!.id)
  const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'rain' }))
  const messages = [...user('?'), asked.choices[0]!.message, ...results]
  const answered = await completions.create({ model: 'tools-parallel', messages, tools })
  assert.match(answered.choices[0]!.message.content!, /tool has answered/)

  const streamed = completions.stream({ model: 'tools', messages: user('?'), tools })
  const final = await streamed.finalChatCompletion()
  const call = final.choices[0]!.message.tool_calls![0]!
  assert.ok(call.type === 'function')
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'text', days: 2 })

  const format = { type: 'json_schema' as const, json_schema: { name: 'person', schema: person } }
  const structured = await completions.create({ model: 'json', messages: user('?'), response_format: format })
  assert.deepEqual(JSON.parse(structured.choices[0]!.message.content!), { name: 'text', age: 1 })

  const refused = await completions.create({ model: 'refuses', messages: user('?') })
  assert.match(refused.choices[0]!.message.refusal!, /can't help/)
  assert.equal(refused.choices[0]!.message.content, null)

  const several = await completions.create({ model: 'echo', messages: user('a'), n: 3 })
  assert.deepEqual(
    several.choices.map(({ index }) => index),
    [0, 1, 2],
  )
  assert.equal(several.usage!.completion_tokens, 3)

  const limited = await completions.create({
    model: 'words-50',
    messages: user('?'),
    max_completion_tokens: 10,
  })
  assert.equal(limited.choices[0]!.finish_reason, 'length')
  assert.equal(limited.usage!.completion_tokens, 10)
})

test('Responses, whole and streamed, with reasoning that comes back', async (t) => {
  const { simulator, url } = await start(t)
  const { responses } = openai(url)
  const asked = { model: 'reason-4', input: hello, reasoning: { summary: 'auto' as const } }
  const include = ['reasoning.encrypted_content' as const]
  const whole = await responses.create({ ...asked, include })
  assert.equal(whole.output_text, hello)
  const stream = responses.stream({ ...asked, include })
  const streamed = await stream.finalResponse()
  assert.equal(streamed.output_text, hello)
  assert.deepEqual(streamed.usage, whole.usage)
  assert.equal(whole.usage?.output_tokens_details.reasoning_tokens, 2 + 2 + 2 + 2)
  const again = [...streamed.output, ...user('And?')] as OpenAI.Responses.ResponseInput
  await responses.create({ model: 'echo', input: again })
  assert.deepEqual(simulator.receipts().at(-1)?.signatures, { valid: 1, broken: 0 })

  const tools = [{ type: 'function' as const, name: 'weather', parameters: weather, strict: false }]
  const called = await responses.stream({ model: 'tools', input: 'x', tools }).finalResponse()
  assert.equal(called.output[0]?.type, 'function_call')
  const text = { format: { type: 'json_schema' as const, name: 'person', schema: person } }
  const structured = await responses.create({ model: 'json', input: 'x', text })
  assert.deepEqual(JSON.parse(structured.output_text), { name: 'text', age: 1 })
  const limited = await responses.create({ model: 'words', input: 'x', max_output_tokens: 7 })
  assert.equal(limited.status, 'incomplete')
  assert.equal(limited.incomplete_details?.reason, 'max_output_tokens')
})

test('Messages, whole and streamed, with reasoning that comes back', async (t) => {
  const { simulator, url } = await start(t)
  const { messages } = anthropic(url)
  const asked = { model: 'reason-4', max_tokens: 1000, messages: user(hello) }
  const whole = await messages.create(asked)
  const streamed = await messages.stream(asked).finalMessage()
  assert.deepEqual(streamed.content, whole.content)
  assert.deepEqual(
    whole.content.map(({ type }) => type),
    ['thinking', 'text'],
  )
  assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens)
  assert.equal(streamed.stop_reason, 'end_turn')
  const back = { role: 'assistant' as const, content: whole.content }
  await messages.create({ ...asked, messages: [...user(hello), back, ...user('And?')] })
  assert.deepEqual(simulator.receipts().at(-1)?.signatures, { valid: 1, broken: 0 })
  const thinking = whole.content[0]!
  assert.ok(thinking.type === 'thinking')
  const changed = { role: 'assistant' as const, content: [{ ...thinking, thinking: 'changed' }] }
  await messages.create({ ...asked, messages: [...user(hello), changed, ...user('And?')] })
  assert.deepEqual(simulator.receipts().at(-1)?.signatures, { valid: 0, broken: 1 })

  const tools = [{ name: 'weather', input_schema: { ...weather, type: 'object' as const } }]
  const called = await messages.stream({ ...asked, model: 'tools', tools }).finalMessage()
  assert.equal(called.stop_reason, 'tool_use')
  const use = called.content[0]!
  assert.ok(use.type === 'tool_use')
  assert.deepEqual(use.input, { city: 'text', days: 2 })
  const result = { type: 'tool_result' as const, tool_use_id: use.id, content: 'rain' }
  const next = [
    ...user('?'),
    { role: 'assistant' as const, content: called.content },
    { role: 'user' as const, content: [result] },
  ]
  const answered = await messages.create({ ...asked, model: 'tools', tools, messages: next })
  assert.equal(answered.content[0]?.type, 'text')
  const forced = { model: 'json', tools, tool_choice: { type: 'tool' as const, name: 'weather' } }
  assert.equal((await messages.create({ ...asked, ...forced })).content[0]?.type, 'tool_use')
  const structured = await messages.create({
    ...asked,
    model: 'json',
    output_config: { format: { type: 'json_schema', schema: person } },
  })
  assert.ok(structured.content[0]?.type === 'text')
  assert.deepEqual(JSON.parse(structured.content[0].text), { name: 'text', age: 1 })
  const counted = await messages.countTokens({ model: 'echo', messages: user(hello) })
  assert.equal(counted.input_tokens, 5)
  await assert.rejects(messages.create({ ...asked, model: 'fault/http-529' }), (error: unknown) => {
    assert.ok(error instanceof Anthropic.APIError)
    assert.equal(error.type, 'overloaded_error')
    return true
  })
})

test('generateContent, whole and streamed, with signatures that come back', async (t) => {
  const { simulator, url } = await start(t)
  const { models } = google(url)
  const whole = await models.generateContent({ model: 'reason-4', contents: hello })
  assert.equal(whole.text, hello)
  let text = ''
  let usage: unknown
  const parts = []
  for await (const chunk of await models.generateContentStream({ model: 'reason-4', contents: hello })) {
    text += chunk.text ?? ''
    usage = chunk.usageMetadata
    parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
  }
  assert.equal(text, hello)
  assert.deepEqual(usage, whole.usageMetadata)
  assert.equal(whole.usageMetadata?.thoughtsTokenCount, 8)
  const ask = (content: string) => ({ role: 'user', parts: [{ text: content }] })
  await models.generateContent({
    model: 'echo',
    contents: [ask(hello), { role: 'model', parts }, ask('And?')],
  })
  assert.deepEqual(simulator.receipts().at(-1)?.signatures, { valid: 1, broken: 0 })

  const declared = [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: weather }] }]
  const called = await models.generateContent({ model: 'tools', contents: '?', config: { tools: declared } })
  assert.deepEqual(called.functionCalls?.[0]?.args, { city: 'text', days: 2 })
  const forced = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } }
  const again = await models.generateContent({
    model: 'json',
    contents: '?',
    config: { tools: declared, toolConfig: forced },
  })
  assert.equal(again.functionCalls?.[0]?.name, 'weather')
  const responseSchema = {
    type: Type.OBJECT,
    properties: { name: { type: Type.STRING }, ok: { type: Type.BOOLEAN, nullable: true } },
  }
  const structured = await models.generateContent({
    model: 'json',
    contents: '?',
    config: { responseMimeType: 'application/json', responseSchema },
  })
  assert.deepEqual(JSON.parse(structured.text!), { name: 'text', ok: true })
  assert.equal((await models.countTokens({ model: 'echo', contents: hello })).totalTokens, 5)
  const embedded = await models.embedContent({ model: 'embed', contents: [hello, 'other'] })
  assert.equal(embedded.embeddings?.length, 2)
})

test('embeddings: close where texts share words, and the same in base64', async (t) => {
  const { url } = await start(t)
  const { embeddings, models } = openai(url)
  const input = ['the river rises', 'the river falls', 'an unrelated matter']
  const { data } = await embeddings.create({ model: 'embed', input, dimensions: 256 }) // the SDK asks for base64
  const floats = await embeddings.create({ model: 'embed', input, dimensions: 256, encoding_format: 'float' })
  const [a, b, c] = data.map(({ embedding }) => embedding)
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, at) => sum + value * y[at]!, 0)
  assert.ok(Math.abs(dot(a!, a!) - 1) < 1e-6)
  assert.ok(dot(a!, b!) > 0.5 && dot(a!, c!) < 0.3)
  floats.data[0]!.embedding.forEach((value, at) => assert.ok(Math.abs(value - a![at]!) < 1e-6))
  const listed = await models.list()
  assert.ok(listed.data.some(({ id }) => id === 'echo'))
})
