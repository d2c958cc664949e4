/** Requests of as many parts as a body may have, to every provider: none holds up the others for long. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../src/core/json.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack } from '../support/stack.ts'
import { fuzz, longestStallMs } from './harness.ts'

/** Of CPU in a turn of the event loop, with what the simulator does in it, on slow machines too: quadratic work takes 5 s and more. */
const maxStallMs = 1500

const provider = await startScriptedProvider({ after })
const stack = await startStack(
  { after },
  {
    config: (url) => {
      const of = (type: string, baseUrl: string): JsonObject => ({
        type,
        apiKey: 'env:PROVIDER_KEY',
        baseUrl,
        allowPrivateNetwork: true,
      })
      return {
        providers: {
          openai: of('openai', `${url}/openai/v1`),
          claude: of('anthropic', `${url}/anthropic/v1`),
          google: of('gemini', `${url}/gemini/v1beta`),
          scripted: of('anthropic', provider.url),
          calling: of('openai', provider.url),
          deep: of('gemini', provider.url),
        },
      }
    },
  },
)
const models = ['openai/echo', 'claude/echo', 'google/echo']
const many = <Part>(count: number, part: (n: number) => Part): Part[] =>
  Array.from({ length: count }, (_, n) => part(n))

const words = { role: 'user', content: 'hi there' }
const chat = '/v1/chat/completions'
const bodies: Readonly<Record<string, readonly [path: string, body: JsonObject]>> = {
  'turns of one speaker': [chat, { messages: many(32_000, () => words) }],
  'turns of two': [
    chat,
    { messages: many(32_000, (n) => ({ ...words, role: n % 2 ? 'assistant' : 'user' })) },
  ],
  'instructions in between': [
    chat,
    { messages: [words, ...many(32_000, () => ({ ...words, role: 'system' })), words] },
  ],
  'parts of a turn': [
    chat,
    { messages: [{ role: 'user', content: many(32_000, () => ({ type: 'text', text: 'hi' })) }] },
  ],
  'calls and their results': [
    chat,
    {
      messages: [
        words,
        {
          role: 'assistant',
          tool_calls: many(8_500, (n) => ({
            id: `c${n}`,
            type: 'function',
            function: { name: `f${n}`, arguments: '{}' },
          })),
        },
        ...many(8_500, (n) => ({ role: 'tool', tool_call_id: `c${n}`, content: 'done' })),
      ],
    },
  ],
  tools: [
    chat,
    {
      messages: [words],
      tools: many(12_000, (n) => ({
        type: 'function',
        function: { name: `f${n}`, parameters: { type: 'object' } },
      })),
    },
  ],
  'members that nobody knows': [
    chat,
    { messages: [words], ...Object.fromEntries(many(90_000, (n) => [`k${n}`, 1])) },
  ],
  'items of the other API': ['/v1/responses', { input: many(32_000, () => words) }],
  'calls of the third': [
    '/v1/messages',
    {
      max_tokens: 10,
      messages: [
        words,
        {
          role: 'assistant',
          content: many(9_000, (n) => ({ type: 'tool_use', id: `t${n}`, name: `f${n}`, input: {} })),
        },
        {
          role: 'user',
          content: many(9_000, (n) => ({ type: 'tool_result', tool_use_id: `t${n}`, content: 'done' })),
        },
      ],
    },
  ],
}

for (const [what, [path, body]] of Object.entries(bodies)) {
  test(`${what}: nobody is held up`, async () => {
    for (const model of models) {
      await fuzz(fc.constant(JSON.stringify({ ...body, model })), 1, 1, async (text) => {
        const response = await stack.post(path, text)
        const answer = await response.text()
        return response.status === 200 ? undefined : `${model}: ${response.status} ${answer.slice(0, 200)}`
      })
    }
    assert.ok(longestStallMs() <= maxStallMs, `the event loop stood still for ${longestStallMs()} ms of CPU`)
  })
}

test('an answer of very many blocks: nobody is held up, whichever client it is for', async () => {
  const answer = {
    id: 'a',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: many(9_000, () => ({ type: 'text', text: 'hi' })),
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 9_000 },
  }
  provider.answerWith((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
  )
  const requests: readonly (readonly [path: string, body: JsonObject])[] = [
    [chat, { model: 'scripted/m', messages: [words] }],
    ['/v1/responses', { model: 'scripted/m', input: 'hi there' }],
    ['/v1/messages', { model: 'scripted/m', max_tokens: 10, messages: [words] }],
    ['/v1beta/models/scripted/m:generateContent', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
  ]
  for (const request of requests) {
    await fuzz(fc.constant(request), 1, 1, async ([path, body]) => {
      const response = await stack.post(path, body)
      const text = await response.text()
      return response.status === 200 ? undefined : `${path}: ${response.status} ${text.slice(0, 200)}`
    })
  }
  assert.ok(longestStallMs() <= maxStallMs, `the event loop stood still for ${longestStallMs()} ms of CPU`)
})

test('an answer of more calls than any answer has is none, and nobody is held up', async () => {
  const calls = many(40_000, (n) => ({
    id: `c${n}`,
    type: 'function',
    function: { name: 'f', arguments: '{}' },
  }))
  const body = JSON.stringify({
    id: 'a',
    object: 'chat.completion',
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: null, tool_calls: calls },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 40_000, total_tokens: 40_001 },
  })
  provider.answerWith((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(body),
  )
  await fuzz(fc.constant({ model: 'calling/m', messages: [words] }), 1, 1, async (asked) => {
    const response = await stack.post(chat, asked)
    const text = await response.text()
    const isTold = response.status === 502 && text.includes('upstream_protocol')
    return isTold ? undefined : `${response.status} ${text.slice(0, 200)}`
  })
  assert.ok(longestStallMs() <= maxStallMs, `the event loop stood still for ${longestStallMs()} ms of CPU`)
})

const mebibytesOf = (part: string, mebibytes: number): string =>
  `[${`${part},`.repeat((mebibytes * 1024 * 1024) / (part.length + 1))}0]`

test('an answer of megabytes of small parts is none, whole or in a stream, and nobody is held up', async () => {
  const answers: readonly (readonly [type: string, body: string])[] = [
    ['application/json', `{"object":"chat.completion","choices":${mebibytesOf('{}', 30)}}`],
    ['text/event-stream', `data: {"object":"chat.completion.chunk","choices":${mebibytesOf('{}', 3.9)}}\n\n`],
  ]
  for (const [type, answer] of answers) {
    provider.answerWith((_, response) => response.writeHead(200, { 'content-type': type }).end(answer))
    const asked = { model: 'calling/m', messages: [words], stream: type !== 'application/json' }
    await fuzz(fc.constant(asked), 1, 1, async (body) => {
      const response = await stack.post(chat, body)
      const text = await response.text()
      return text.includes('upstream_protocol') ? undefined : `${response.status} ${text.slice(0, 200)}`
    })
  }
  assert.ok(longestStallMs() <= maxStallMs, `the event loop stood still for ${longestStallMs()} ms of CPU`)
})

test("an answer that nests deeper than a stack is the provider's fault, whole or in a stream", async () => {
  const deep = '{"a":'.repeat(40_000) + '0' + '}'.repeat(40_000)
  const part = `{"functionCall":{"name":"f","args":${deep}}}`
  const answer = `{"candidates":[{"content":{"role":"model","parts":[${part}]},"finishReason":"STOP"}]}`
  for (const stream of [false, true]) {
    const [type, body] = stream ? ['text/event-stream', `data: ${answer}\n\n`] : ['application/json', answer]
    provider.answerWith((_, response) => response.writeHead(200, { 'content-type': type }).end(body))
    const text = await (await stack.post(chat, { model: 'deep/m', messages: [words], stream })).text()
    assert.match(text, /nested too deep.*"code":"upstream_protocol"/)
  }
})

test('arguments and results of tools that are megabytes of small parts: nobody is held up', async () => {
  const large = `{"a":${mebibytesOf('{}', 20)}}`
  const asked = (model: string, args: string, content: string) => ({
    model,
    messages: [
      words,
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }],
      },
      { role: 'tool', tool_call_id: 'c', content },
    ],
  })
  for (const body of [asked('claude/echo', large, 'done'), asked('google/echo', '{}', large)]) {
    await fuzz(fc.constant(JSON.stringify(body)), 1, 1, async (sent) => {
      const response = await stack.post(chat, sent)
      const answer = await response.text()
      return response.status === 200 ? undefined : `${body.model}: ${response.status} ${answer.slice(0, 200)}`
    })
  }
  assert.ok(longestStallMs() <= maxStallMs, `the event loop stood still for ${longestStallMs()} ms of CPU`)
})
