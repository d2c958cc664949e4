import assert from 'node:assert/strict'
import test from 'node:test'
import { readRecorded, type Recorded, recordedEntries } from '../../../test/support/recorded.ts'
import { foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../../core/json.ts'
import type { GenRequest } from '../../core/request.ts'
import { NdjsonParser } from '../../framing/ndjson.ts'
import { openaiChat } from '../openai-chat/dialect.ts'
import { ollamaChat as dialect } from './dialect.ts'

const entries = recordedEntries('ollama-chat')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false
const target = { model: 'llama' }
const context = { id: 'id', model: 'model', nowMs: 0, includeUsage: false }

const linesOf = ({ response }: Recorded): readonly JsonObject[] =>
  response.ndjson === undefined
    ? [response.body as JsonObject]
    : response.ndjson.split('\n').flatMap((line): JsonObject[] => {
        const value = parseJson(line)
        return isObject(value) ? [value] : []
      })

function decode({ response }: Recorded): readonly GenEvent[] {
  if (response.ndjson === undefined) return dialect.response.decode(response.body ?? null)
  const decoder = dialect.stream.decoder()
  return new NdjsonParser().push(Buffer.from(response.ndjson)).flatMap((frame) => decoder.push(frame))
}

test('recorded answers tell what they told', { skip }, () => {
  for (const recorded of entries.map(readRecorded)) {
    const lines = linesOf(recorded)
    const messages = lines.map((line) => asObject(line['message']) ?? {})
    const joined = (name: string) => messages.map((message) => asString(message[name]) ?? '').join('')
    const last = lines.at(-1)!
    const answer = foldAnswer(decode(recorded))
    const textOf = (kind: string) =>
      answer.blocks.flatMap((block) => (block.kind === kind ? [block.text] : [])).join('')
    const calls = messages.flatMap((message) => asArray(message['tool_calls']))
    assert.deepEqual(
      {
        text: textOf('text'),
        thinking: textOf('reasoning'),
        calls: answer.blocks.filter(({ kind }) => kind === 'tool').length,
        usage: answer.usage && [answer.usage.inputTokens, answer.usage.outputTokens],
        reason: answer.finishes[0]?.native,
        model: answer.model,
      },
      {
        text: joined('content'),
        thinking: joined('thinking'),
        calls: calls.length,
        usage:
          last['eval_count'] === undefined ? undefined : [last['prompt_eval_count'] ?? 0, last['eval_count']],
        reason: calls.length > 0 ? '' : last['done_reason'], // no word for it, and `stop` would be another's
        model: last['model'],
      },
      recorded.file,
    )
  }
  assert.equal(entries.length, 14)
})

test('recorded requests survive decoding and encoding', { skip }, () => {
  const bodies = entries.map((entry) => readRecorded(entry).request?.body)
  const requests = bodies.filter((body) => body !== undefined)
  assert.ok(requests.length >= 4)
  for (const body of requests) {
    const request = dialect.request.decode(body)
    const encoded = dialect.request.encode(request, { model: request.model })
    assert.deepEqual(encoded.dropped, [])
    const again = dialect.request.decode(encoded.body)
    assert.deepEqual(dialect.request.encode(again, { model: request.model }), encoded)
    assert.equal(again.turns.length, request.turns.length)
  }
})

test('a Chat Completions request becomes Ollama’s', () => {
  const decoded = openaiChat.request.decode({
    model: 'm',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoA' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a cat' },
    ],
    tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
    tool_choice: 'required',
    max_tokens: 9,
    stop: 'END',
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
    reasoning_effort: 'minimal',
  })
  assert.deepEqual(dialect.request.encode(decoded, target), {
    body: {
      model: 'llama',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is it?', images: ['iVBORw0KGgoA'] },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c1', function: { index: 0, name: 'look', arguments: { at: 1 } } }],
        },
        { role: 'tool', tool_name: 'look', tool_call_id: 'c1', content: 'a cat' },
      ],
      stream: false,
      tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
      format: { type: 'object' },
      think: 'low',
      options: { num_predict: 9, stop: ['END'] },
    },
    dropped: ['turns[1].image', 'tool_choice'],
  })
})

const encode = (fields: Partial<GenRequest>) =>
  dialect.request.encode({ model: 'm', stream: true, turns: [], ...fields }, target)

test('thinking is a switch or a word', () => {
  const thinks = (reasoning: GenRequest['reasoning']) => encode(reasoning ? { reasoning } : {}).body['think']
  assert.equal(thinks(undefined), undefined)
  assert.equal(thinks({ effort: 'none' }), false)
  assert.equal(thinks({ adaptive: true }), true)
  assert.equal(thinks({ effort: 'xhigh' }), 'high')
  assert.deepEqual(encode({ reasoning: { budgetTokens: 5 } }).dropped, ['reasoning_budget'])
  for (const think of [true, false, 'low']) {
    const request = dialect.request.decode({ model: 'm', messages: [], think })
    assert.equal(dialect.request.encode(request, target).body['think'], think)
  }
})

test('no tools are offered where none may be called', () => {
  const tools = [{ type: 'function', name: 'a' }] as const
  assert.equal(encode({ tools, toolChoice: { type: 'none' } }).body['tools'], undefined)
  assert.deepEqual(encode({ tools, toolChoice: { type: 'none' } }).dropped, [])
  assert.deepEqual(encode({ tools, toolChoice: { type: 'tool', name: 'a' } }).dropped, ['tool_choice'])
})

test('results of calls without ids belong to the calls before them, in order', () => {
  const call = (name: string) => ({ function: { name, arguments: {} } })
  const { turns } = dialect.request.decode({
    model: 'm',
    messages: [
      { role: 'assistant', content: '', tool_calls: [call('a'), call('b')] },
      { role: 'tool', content: '1' },
      { role: 'tool', content: '2' },
    ],
  })
  const ids = turns.flatMap(({ parts }) => parts.flatMap((part) => ('callId' in part ? [part.callId] : [])))
  assert.deepEqual(ids, ['call_0_0', 'call_0_1', 'call_0_0', 'call_0_1'])
})

const line = (rest: JsonObject) => ({ data: JSON.stringify({ model: 'm', message: {}, ...rest }) })

test('an error line fails the answer; a line in the middle that is no JSON does too', () => {
  const fails = (...frames: readonly { data: string }[]) => {
    const decoder = dialect.stream.decoder()
    return foldAnswer(frames.flatMap((frame) => decoder.push(frame))).error?.code
  }
  assert.equal(fails(line({ done: false }), { data: '{"error":"runner stopped"}' }), 'upstream_error')
  assert.equal(fails(line({ done: false }), { data: '{"mess' }, line({ done: true })), 'upstream_protocol')
  assert.equal(fails(line({ done: false }), { data: '{"mess' }), undefined) // cut: the guard tells
  assert.equal(fails({ data: '[]' }), 'upstream_protocol')
})

test('errors by status, and answers that are none', () => {
  const { code } = dialect.error.decode(404, '{"error":"model \\"x\\" not found, try pulling it first"}')
  assert.equal(code, 'model_not_found')
  for (const body of [null, [], {}, { error: 'no' }]) {
    assert.ok(foldAnswer(dialect.response.decode(body)).error, JSON.stringify(body))
  }
})

test('a tool call of another dialect goes out in one line, its pieces joined', () => {
  const encoder = dialect.stream.encoder(context)
  const events: readonly GenEvent[] = [
    { type: 'start', id: 'a', model: 'm' },
    { type: 'block-start', block: 0, choice: 0, kind: 'tool', callId: 'c', name: 'look' },
    { type: 'block-delta', block: 0, text: '{"at"' },
    { type: 'block-delta', block: 0, text: ':1}' },
    { type: 'block-end', block: 0 },
    { type: 'finish', choice: 0, reason: 'tool-calls', native: 'tool_calls' },
    { type: 'usage', usage: { inputTokens: 3, outputTokens: 4 } },
  ]
  const frames = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
  const [call, last] = frames.map(({ data }) => parseJson(data) as JsonObject)
  assert.deepEqual(asObject(call!['message'])?.['tool_calls'], [
    { id: 'c', function: { index: 0, name: 'look', arguments: { at: 1 } } },
  ])
  assert.deepEqual(
    [last!['done'], last!['done_reason'], last!['prompt_eval_count'], last!['eval_count']],
    [true, 'stop', 3, 4],
  )
})
