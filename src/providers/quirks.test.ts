import assert from 'node:assert/strict'
import test from 'node:test'
import { readRecorded, type Recorded, recordedEntries } from '../../test/support/recorded.ts'
import { asArray, asObject, isObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import type { Patch } from '../dialects/dialect.ts'
import { type Quirk, type QuirkName, quirks } from './quirks.ts'

const entries = recordedEntries('openai-chat', 'mistral-chat')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false

const requestPatch = (name: QuirkName): Patch => (quirks[name] as Quirk).request!
const eventPatch = (name: QuirkName): Patch => (quirks[name] as Quirk).event!

function evidence(name: QuirkName): Recorded {
  const entry = entries.find(({ file }) => file === quirks[name].evidence)
  assert.ok(entry, `${name} names no recording`)
  return readRecorded(entry)
}

const requestOf = ({ request }: Recorded) => request?.body as JsonObject
const chunksOf = ({ response }: Recorded): JsonObject[] =>
  (response.sse ?? '').split('\n').flatMap((line): JsonObject[] => {
    const value = line.startsWith('data: {') ? parseJson(line.slice(6)) : undefined
    return isObject(value) ? [value] : []
  })

test('every quirk says why, and names a recording or an address', () => {
  for (const [name, quirk] of Object.entries(quirks) as [QuirkName, Quirk][]) {
    assert.ok(quirk.why.endsWith('.'), name)
    const isAddress = quirk.evidence.startsWith('https://')
    assert.ok(isAddress || entries.length === 0 || evidence(name), name)
    assert.ok(quirk.request ?? quirk.response ?? quirk.event, name)
  }
})

test('a patch leaves a body alone that has nothing to mend', () => {
  const bodies: readonly JsonObject[] = [
    {},
    { messages: 'no list', usage: 5, choices: null },
    { messages: [1, null, {}] },
  ]
  for (const [name, quirk] of Object.entries(quirks) as [QuirkName, Quirk][]) {
    for (const patch of [quirk.request, quirk.response, quirk.event]) {
      for (const body of bodies) if (patch) assert.deepEqual(patch(body), body, name)
    }
  }
})

test('max-tokens-name: the newer name becomes the older one, which wins where both stand', () => {
  const patch = requestPatch('max-tokens-name')
  assert.deepEqual(patch({ max_completion_tokens: 5 }), { max_tokens: 5 })
  assert.deepEqual(patch({ max_completion_tokens: 5, max_tokens: 4 }), { max_tokens: 4 })
})

test('developer-is-system: only the role changes', () => {
  assert.deepEqual(
    requestPatch('developer-is-system')({
      messages: [
        { role: 'developer', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    }),
    {
      messages: [
        { role: 'system', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    },
  )
})

test('schema-in-prompt: the schema joins the system prompt', () => {
  const format = { type: 'json_schema', json_schema: { schema: { type: 'object' } } }
  const patch = requestPatch('schema-in-prompt')
  const joined = patch({ response_format: format, messages: [{ role: 'system', content: 'Be brief.' }] })
  assert.deepEqual(joined['response_format'], { type: 'json_object' })
  const [system] = joined['messages'] as readonly JsonObject[]
  assert.match(system!['content'] as string, /^Be brief\.\n\n.*JSON Schema:\n\{"type":"object"\}$/s)
  const alone = patch({ response_format: format, messages: [{ role: 'user', content: 'Hi' }] })
  assert.deepEqual(
    (alone['messages'] as readonly JsonObject[]).map(({ role }) => role),
    ['system', 'user'],
  )
})

test('thinking-toggle: an effort switches thinking on, none switches it off', () => {
  const patch = requestPatch('thinking-toggle')
  assert.deepEqual(patch({ reasoning_effort: 'none' }), { thinking: { type: 'disabled' } })
  assert.deepEqual(patch({ reasoning_effort: 'low' }), {
    reasoning_effort: 'low',
    thinking: { type: 'enabled' },
  })
  const own = { reasoning_effort: 'low', thinking: { type: 'disabled' } }
  assert.deepEqual(patch(own), own)
})

test('reasoning-beside-calls: calls of other models have empty reasoning', () => {
  const patch = requestPatch('reasoning-beside-calls')
  const calls = { role: 'assistant', tool_calls: [{ id: 'a' }] }
  assert.deepEqual(patch({ messages: [calls, { role: 'assistant', content: 'x' }] }), {
    messages: [
      { ...calls, reasoning_content: '' },
      { role: 'assistant', content: 'x' },
    ],
  })
  const still = { thinking: { type: 'disabled' }, messages: [calls] }
  assert.deepEqual(patch(still), still)
})

test('enable-thinking: efforts and budgets are translated, and a forced tool goes without', () => {
  const patch = requestPatch('enable-thinking')
  assert.deepEqual(patch({ reasoning_effort: 'low' }), { enable_thinking: true, thinking_budget: 2048 })
  assert.deepEqual(patch({ reasoning_effort: 'high' }), { enable_thinking: true })
  assert.deepEqual(patch({ reasoning_effort: 'none' }), { enable_thinking: false })
  assert.deepEqual(patch({ reasoning: { max_tokens: 77 } }), { enable_thinking: true, thinking_budget: 77 })
  assert.deepEqual(patch({ reasoning_effort: 'low', tool_choice: 'required' }), {
    tool_choice: 'required',
    enable_thinking: false,
  })
  const own = { enable_thinking: true, reasoning_effort: 'low' }
  assert.deepEqual(patch(own), own)
})

test('random-seed and no-extra-fields: what the provider calls otherwise, or refuses', () => {
  assert.deepEqual(requestPatch('random-seed')({ seed: 1 }), { random_seed: 1 })
  const patch = requestPatch('no-extra-fields')
  assert.deepEqual(patch({ model: 'm', stream_options: {}, user: 'u', store: true, logprobs: true }), {
    model: 'm',
    logprobs: true, // this would change the answer: the provider shall say that it cannot
  })
})

const callIds = (body: JsonObject): (Json | undefined)[] =>
  (asArray(body['messages']) as readonly JsonObject[]).flatMap((message) => [
    ...(asArray(message['tool_calls']) as readonly JsonObject[]).map(({ id }) => id),
    ...(message['tool_call_id'] === undefined ? [] : [message['tool_call_id']]),
  ])

test('call-ids-of-nine: call and result agree, and different calls differ', () => {
  const messages = [
    {
      role: 'assistant',
      tool_calls: [{ id: 'call_abc' }, { id: 'toolu_01L9pX1Wp4FAEq9TT2Z6UAe7' }, { id: 'AbCdEfGh1' }],
    },
    { role: 'tool', tool_call_id: 'call_abc' },
    { role: 'tool', tool_call_id: 'toolu_01L9pX1Wp4FAEq9TT2Z6UAe7' },
  ]
  const [a, b, c, resultA, resultB] = callIds(requestPatch('call-ids-of-nine')({ messages }))
  assert.match(String(a), /^[A-Za-z0-9]{9}$/)
  assert.notEqual(a, b)
  assert.equal(c, 'AbCdEfGh1')
  assert.deepEqual([resultA, resultB], [a, b])
})

test('call-ids-of-nine: the provider’s own ids are of this form, and stay', { skip }, () => {
  const body = requestOf(evidence('call-ids-of-nine'))
  assert.ok(callIds(body).length > 0)
  assert.deepEqual(callIds(requestPatch('call-ids-of-nine')(body)), callIds(body))
})

test('thinking-in-content: reasoning becomes a part before the text', () => {
  const patch = requestPatch('thinking-in-content')
  const message = { role: 'assistant', content: 'so', reasoning_content: 'why', reasoning_details: [] }
  assert.deepEqual(patch({ messages: [message] }), {
    messages: [
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'why' }] },
          { type: 'text', text: 'so' },
        ],
      },
    ],
  })
})

test('thinking-in-content: the provider itself tells its reasoning in this form', { skip }, () => {
  const contents = chunksOf(evidence('thinking-in-content')).flatMap(({ choices }) =>
    asArray(asObject(asObject(asArray(choices)[0])?.['delta'])?.['content']),
  )
  assert.ok(contents.some((part) => asObject(part)?.['type'] === 'thinking'))
})

test('document-url: files go in the form that the provider is recorded to take', { skip }, () => {
  const { messages } = requestOf(evidence('document-url'))
  const parts = (asArray(messages) as readonly JsonObject[]).flatMap(({ content }) => asArray(content))
  const recorded = parts.map((part) => asObject(part)).find((part) => part?.['type'] === 'document_url')
  const file = { type: 'file', file: { filename: 'a.docx', file_data: recorded?.['document_url'] ?? '' } }
  const patched = requestPatch('document-url')({ messages: [{ role: 'user', content: [file] }] })
  const [message] = patched['messages'] as readonly JsonObject[]
  assert.deepEqual(message?.['content'], [{ ...recorded, document_name: 'a.docx' }])
})

test('usage-in-x-groq: the usage stands where it is looked for', () => {
  const usage = { prompt_tokens: 1 }
  const patched = eventPatch('usage-in-x-groq')({ x_groq: { id: 'r', usage } })
  assert.deepEqual(patched['usage'], usage)
})

test('usage-in-x-groq: the recorded stream has it nowhere else', { skip }, () => {
  const chunks = chunksOf(evidence('usage-in-x-groq'))
  assert.ok(chunks.every((chunk) => !chunk['usage']))
  assert.ok(chunks.some((chunk) => eventPatch('usage-in-x-groq')(chunk)['usage'] !== undefined))
})
