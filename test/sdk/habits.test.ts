import assert from 'node:assert/strict'
import test from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { type Stack, stackProviders, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { createClients } from './matrix.ts'
import { observed } from './observed.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]

function openai({ gateway }: Stack, options: ConstructorParameters<typeof OpenAI>[0] = {}): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: testKey, maxRetries: 0, ...options })
}

/** It tells its usage beside the finish reason, whether asked or not, and its stream passes as it is. */
const tellsAlways: readonly string[] = ['deepseek']

test('a chat stream tells its usage to the client that asked, and to no other', async (t) => {
  const stack = await startStack(t)
  const { completions } = openai(stack).chat
  for (const provider of stackProviders) {
    for (const asks of [true, false]) {
      const body = { model: `${provider}/words-5`, messages, stream: true as const }
      const stream = await completions.create({
        ...body,
        ...(asks && { stream_options: { include_usage: true } }),
      })
      const chunks = await Array.fromAsync(stream)
      const told = chunks.flatMap(({ usage }) => usage ?? [])
      const { inputTokens, outputTokens } = stack.simulator.receipts().at(-1)!.billed!
      const isTold = asks || tellsAlways.includes(provider)
      const expected = isTold ? [[inputTokens, outputTokens]] : []
      // A chunk without choices breaks an application that did not ask for it.
      assert.equal(
        chunks.filter(({ choices }) => choices.length === 0).length,
        asks && !tellsAlways.includes(provider) ? 1 : 0,
      )
      assert.deepEqual(
        told.map((usage) => [usage.prompt_tokens, usage.completion_tokens]),
        expected,
        provider,
      )
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
      assert.equal(text, 'river stone water measure gate', provider)
    }
  }
})

test('a wrong key is the authentication error of every SDK', async (t) => {
  const stack = await startStack(t)
  for (const client of createClients({ url: stack.gateway.url, key: 'not-a-key-of-this-gateway' })) {
    const asked = client.ask({ model: 'openai/echo', text: 'Hello', stream: false })
    await assert.rejects(asked, (error) => {
      const expected = { isTyped: true, status: 401, code: 'authentication_failed' }
      assert.deepEqual(client.failureOf(error), expected, client.name)
      return true
    })
  }
  assert.deepEqual(stack.simulator.receipts(), [])
})

test('the retries of an SDK do not multiply those of the gateway', async (t) => {
  const stack = await startStack(t)
  const model = 'openai/fault/http-503'
  const anthropic = new Anthropic({ baseURL: stack.gateway.url, apiKey: testKey, maxRetries: 3 })
  for (const ask of [
    () => openai(stack, { maxRetries: 3 }).chat.completions.create({ model, messages }),
    () => anthropic.messages.create({ model, max_tokens: 10, messages }),
  ]) {
    const { answers, outcome } = await observed<unknown>(stack.gateway.url, async () => ask())
    await assert.rejects(outcome, { status: 503 })
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503],
    )
  }
})

test('a client that stops reading stops the provider', async (t) => {
  const stack = await startStack(t)
  const google = new GoogleGenAI({ apiKey: testKey, httpOptions: { baseUrl: stack.gateway.url } })
  const streams = [
    () => openai(stack).chat.completions.create({ model: 'claude/slow-20ms', messages, stream: true }),
    ({ signal: abortSignal }: AbortController) =>
      google.models.generateContentStream({
        model: 'openai/slow-20ms',
        contents: 'Hello',
        config: { abortSignal },
      }),
  ]
  for (const open of streams) {
    const leaving = new AbortController()
    for await (const chunk of await open(leaving)) {
      assert.ok(chunk)
      break // leaving the loop is how an application lets go of OpenAI's streams
    }
    leaving.abort() // and this of Google's
    const receipt = stack.simulator.receipts().at(-1)!
    await until('the end of the upstream call', () => (receipt.ended === 'open' ? undefined : true), 1000)
    assert.equal(receipt.ended, 'client-closed')
  }
})

test('a strict call is refused where the target cannot carry a parameter', async (t) => {
  const stack = await startStack(t)
  const strict = openai(stack, { defaultHeaders: { 'x-weir-strict': '1' } }).chat.completions
  await assert.rejects(strict.create({ model: 'claude/echo', messages, seed: 7 }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.equal(error.code, 'unsupported_parameter')
    assert.match(error.message, /seed/)
    return true
  })
  assert.deepEqual(stack.simulator.receipts(), [])
  const { response } = await openai(stack)
    .chat.completions.create({ model: 'claude/echo', messages, seed: 7 })
    .withResponse()
  assert.equal(response.headers.get('x-weir-dropped'), 'seed')
})

test('the list of models has routes and configured models, as the key may use them', async (t) => {
  const stack = await startStack(t, { config: { routes: { assistant: { targets: ['claude/echo'] } } } })
  const listed = await Array.fromAsync(openai(stack).models.list())
  assert.ok(listed.some(({ id, owned_by }) => id === 'assistant' && owned_by === 'weir'))
  const answer = await openai(stack).chat.completions.create({ model: 'assistant', messages })
  assert.equal(answer.choices[0]!.message.content, 'Hello')
  assert.equal(stack.simulator.receipts().at(-1)!.dialect, 'anthropic-messages')
})
