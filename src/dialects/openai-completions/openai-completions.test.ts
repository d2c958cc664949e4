import assert from 'node:assert/strict'
import test from 'node:test'
import { hasOpenApi, OpenApiJudge } from '../../../test/support/openapi.ts'
import { readRecorded, recordedEntries } from '../../../test/support/recorded.ts'
import { foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import { GatewayError } from '../../core/error.ts'
import { asArray, asObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import type { GenRequest } from '../../core/request.ts'
import { openaiChat } from '../openai-chat/dialect.ts'
import { openaiCompletions as dialect } from './dialect.ts'

const entries = recordedEntries('openai-completions')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false
const target = { model: 'target' }
const context = { id: 'cmpl-1', model: 'm', nowMs: 1_760_000_000_000, includeUsage: true }

test('recorded answers tell what they told', { skip }, () => {
  for (const entry of entries) {
    const { response } = readRecorded(entry)
    const decoder = dialect.stream.decoder()
    const frames = (response.sse ?? '')
      .split('\n')
      .flatMap((line) => (line.startsWith('data: ') ? [{ data: line.slice(6) }] : []))
    const events =
      response.sse === undefined
        ? dialect.response.decode(response.body ?? null)
        : frames.flatMap((frame) => decoder.push(frame))
    const chunks = response.sse === undefined ? [response.body] : frames.map(({ data }) => parseJson(data))
    const choices = chunks
      .flatMap((chunk) => asArray(asObject(chunk)?.['choices']))
      .map((choice) => asObject(choice)!)
    const answer = foldAnswer(events)
    assert.equal(
      answer.blocks.map(({ text }) => text).join(''),
      choices.map((choice) => choice['text']).join(''),
      entry.file,
    )
    assert.equal(answer.finishes[0]?.native, choices.at(-1)?.['finish_reason'], entry.file)
    const usage = asObject(asObject(chunks[0])?.['usage'])
    assert.equal(answer.usage?.inputTokens, usage?.['prompt_tokens'], entry.file)
    assert.equal(answer.usage?.outputTokens, usage?.['completion_tokens'], entry.file)
  }
})

test('recorded requests survive decoding and encoding', { skip }, () => {
  for (const entry of entries) {
    const body = asObject(readRecorded(entry).request?.body)!
    const request = dialect.request.decode(body)
    const encoded = dialect.request.encode(request, { model: request.model })
    assert.deepEqual(encoded.dropped, [])
    const asked = Object.entries(body).filter(([name, value]) => value !== null && name !== 'stream')
    for (const [name, value] of asked) assert.deepEqual(encoded.body[name], value, `${entry.file} ${name}`)
  }
})

test('a prompt becomes what a user says to a chat model', () => {
  const request = dialect.request.decode({
    model: 'm',
    prompt: ['Once upon'],
    max_tokens: 9,
    n: 2,
    logprobs: 3,
    stop: '.',
    suffix: 'The end.',
    echo: true,
    best_of: 4,
  })
  assert.deepEqual(openaiChat.request.encode(request, target), {
    body: {
      model: 'target',
      messages: [{ role: 'user', content: 'Once upon' }],
      max_completion_tokens: 9,
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      stop: ['.'],
    },
    dropped: ['suffix', 'echo', 'best_of'],
  })
  const plain = { model: 'm', prompt: 'a', suffix: null, echo: false, best_of: 1 }
  assert.deepEqual(openaiChat.request.encode(dialect.request.decode(plain), target).dropped, [])
})

test('prompts in tokens and several prompts are refused, with the reason', () => {
  const refusal = (prompt: Json) => {
    try {
      dialect.request.decode({ model: 'm', prompt })
    } catch (error) {
      return error instanceof GatewayError && error.param === 'prompt' ? error.message : undefined
    }
    return undefined
  }
  assert.match(refusal([1, 2, 3])!, /tokens are not supported/)
  assert.match(refusal([[1, 2], [3]])!, /tokens are not supported/)
  assert.match(refusal(['a', 'b'])!, /one request for each/)
  for (const prompt of [null, 5, {}, []])
    assert.match(refusal(prompt) ?? '', /prompt/, JSON.stringify(prompt))
})

test('a conversation becomes a script, and what it cannot say is reported', () => {
  const request = openaiChat.request.decode({
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'image_url', image_url: { url: 'https://a.b/c' } },
        ],
      },
    ],
    tools: [{ type: 'function', function: { name: 'f' } }],
  })
  assert.deepEqual(dialect.request.encode(request, target), {
    body: { model: 'target', prompt: 'System: Be brief.\n\nUser: Hi\n\nAssistant:' },
    dropped: ['tools', 'turns[1].image', 'turns[0].role', 'turns[1].role'],
  })
  const alone: GenRequest = {
    model: 'm',
    stream: true,
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  }
  assert.deepEqual(dialect.request.encode(alone, target), {
    body: { model: 'target', prompt: 'Hi', stream: true, stream_options: { include_usage: true } },
    dropped: [],
  })
})

const answer: readonly GenEvent[] = [
  { type: 'start', id: 'a', model: 'gpt', createdAtMs: 1_760_000_000_000 },
  { type: 'block-start', block: 0, choice: 0, kind: 'reasoning' },
  { type: 'block-delta', block: 0, text: 'hidden' },
  { type: 'block-end', block: 0 },
  { type: 'block-start', block: 1, choice: 0, kind: 'text' },
  { type: 'block-delta', block: 1, text: 'Hi' },
  { type: 'block-delta', block: 1, text: ' there' },
  {
    type: 'logprobs',
    block: 1,
    values: [
      { token: 'Hi', logprob: -1, top: [{ token: 'Ho', logprob: -2 }] },
      { token: ' there', logprob: -3 },
    ],
  },
  { type: 'block-end', block: 1 },
  { type: 'finish', choice: 0, reason: 'stop', native: 'end_turn' },
  { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
]

test('a chat answer becomes a completion, whole and streamed', () => {
  const body = dialect.response.encode(answer, context)
  assert.deepEqual(body, {
    id: 'a',
    object: 'text_completion',
    created: 1_760_000_000,
    model: 'gpt',
    choices: [
      {
        text: 'Hi there',
        index: 0,
        logprobs: {
          tokens: ['Hi', ' there'],
          token_logprobs: [-1, -3],
          top_logprobs: [{ Ho: -2 }, {}],
          text_offset: [0, 2],
        },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  })
  const encoder = dialect.stream.encoder(context)
  const frames = [...answer.flatMap((event) => encoder.push(event)), ...encoder.end()]
  assert.equal(frames.at(-1)?.data, '[DONE]')
  const decoder = dialect.stream.decoder()
  const streamed = foldAnswer(frames.flatMap((frame) => decoder.push(frame)))
  const whole = foldAnswer(dialect.response.decode(body))
  assert.deepEqual(streamed, whole)
})

test(
  'answers and chunks are valid by OpenAI’s document',
  { skip: !hasOpenApi && 'no OpenAPI document here' },
  () => {
    const judge = new OpenApiJudge()
    assert.deepEqual(judge.validate('CreateCompletionResponse', dialect.response.encode(answer, context)), [])
    const encoder = dialect.stream.encoder(context)
    for (const { data } of answer.flatMap((event) => encoder.push(event))) {
      const chunk = parseJson(data) as JsonObject
      // The document has one schema for both, in which a choice has always ended.
      const ended = asArray(chunk['choices']).map((choice) => ({
        ...asObject(choice),
        finish_reason: 'stop',
      }))
      assert.deepEqual(judge.validate('CreateCompletionResponse', { ...chunk, choices: ended }), [])
    }
  },
)

test('a failure is told in OpenAI’s words, and nothing behind it', () => {
  const encoder = dialect.stream.encoder(context)
  const error = new GatewayError('upstream_truncated', 'Cut.')
  const [frame] = encoder.push({ type: 'fail', error })
  assert.equal(asObject(asObject(parseJson(frame!.data))?.['error'])?.['code'], 'upstream_truncated')
  assert.deepEqual(encoder.end(), [])
  for (const body of [null, [], {}, { error: { message: 'no' } }]) {
    assert.ok(foldAnswer(dialect.response.decode(body)).error, JSON.stringify(body))
  }
})
