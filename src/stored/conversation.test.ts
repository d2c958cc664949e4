/** An answer becomes the turn that a later request is told of, and a request continues with it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldAnswer } from '../core/answer.ts'
import type { GenEvent, Signature } from '../core/event.ts'
import type { GenRequest, Turn } from '../core/request.ts'
import { asArray, asObject } from '../core/json.ts'
import { anthropicMessages } from '../dialects/anthropic-messages/dialect.ts'
import { openaiResponses } from '../dialects/openai-responses/dialect.ts'
import {
  continueConversation,
  conversationOf,
  type StoredConversation,
  turnsOfAnswer,
} from './conversation.ts'

const signature: Signature = { dialect: 'anthropic-messages', value: 'c2ln', id: 'rs_1' }
const native = { dialect: 'openai-responses', fields: { id: 'msg_1' } } as const

const say = (role: Turn['role'], text: string): Turn => ({ role, parts: [{ type: 'text', text }] })

const request = (given: Partial<GenRequest>): GenRequest => ({
  model: 'assistant',
  stream: false,
  turns: [],
  ...given,
})

test('every kind of block becomes its part, with all that the next turn needs', () => {
  const citation = { url: 'https://a.example', startIndex: 0, endIndex: 2 }
  const source = { at: 'base64', mimeType: 'image/png', data: 'aGk=' } as const
  const value = { type: 'server_tool_use', id: 'srv_1' }
  const events: GenEvent[] = [
    { type: 'start', id: 'resp_1', model: 'm' },
    { type: 'block-start', block: 0, choice: 0, kind: 'reasoning', summary: true, native },
    { type: 'block-delta', block: 0, text: 'think' },
    { type: 'block-end', block: 0, signature },
    { type: 'block-start', block: 1, choice: 0, kind: 'reasoning', redacted: true },
    { type: 'block-end', block: 1, signature },
    { type: 'block-start', block: 2, choice: 0, kind: 'text', native },
    { type: 'block-delta', block: 2, text: 'he' },
    { type: 'block-delta', block: 2, text: 'llo' },
    { type: 'annotation', block: 2, value: citation },
    { type: 'block-end', block: 2, signature },
    { type: 'block-start', block: 3, choice: 0, kind: 'refusal' },
    { type: 'block-delta', block: 3, text: 'no' },
    { type: 'block-end', block: 3 },
    { type: 'block-start', block: 4, choice: 0, kind: 'tool', callId: 'c1', name: 'f', native },
    { type: 'block-delta', block: 4, text: '{"a": 1}' },
    { type: 'block-end', block: 4, signature },
    { type: 'block-start', block: 5, choice: 0, kind: 'tool', callId: 'c2', name: 'g' },
    { type: 'block-end', block: 5 },
    { type: 'block-start', block: 6, choice: 0, kind: 'tool', callId: 'c3', name: 'h', freeform: true },
    { type: 'block-end', block: 6 },
    { type: 'block-start', block: 7, choice: 0, kind: 'media', media: 'image', source },
    { type: 'block-end', block: 7 },
    { type: 'block-start', block: 8, choice: 0, kind: 'native', dialect: 'anthropic-messages', value },
    { type: 'block-delta', block: 8, text: '{"query":"x"}' },
    { type: 'block-end', block: 8 },
    { type: 'block-start', block: 9, choice: 0, kind: 'native', dialect: 'gemini', value },
    { type: 'block-end', block: 9 },
    { type: 'block-start', block: 10, choice: 1, kind: 'text' },
    { type: 'block-delta', block: 10, text: 'another choice' },
    { type: 'block-end', block: 10 },
    { type: 'finish', choice: 0, reason: 'tool-calls', native: 'tool_use' },
  ]
  assert.deepEqual(turnsOfAnswer(foldAnswer(events)), [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'think', summary: true, signature, native },
        { type: 'reasoning', text: '', redacted: true, signature },
        { type: 'text', text: 'hello', citations: [citation], signature, native },
        { type: 'refusal', text: 'no' },
        { type: 'tool-call', callId: 'c1', name: 'f', arguments: '{"a": 1}', signature, native },
        { type: 'tool-call', callId: 'c2', name: 'g', arguments: '{}' },
        { type: 'tool-call', callId: 'c3', name: 'h', arguments: '', freeform: true },
        { type: 'media', media: 'image', source },
        { type: 'native', dialect: 'anthropic-messages', value: { ...value, input: { query: 'x' } } },
        { type: 'native', dialect: 'gemini', value },
      ],
    },
  ])
  assert.deepEqual(turnsOfAnswer(foldAnswer([])), [])
})

const textsOf = (turns: readonly Turn[]): string[] =>
  turns.map(
    ({ role, parts }) => `${role}: ${parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}`,
  )

const answerOf = (text: string) =>
  foldAnswer([
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    { type: 'block-delta', block: 0, text },
    { type: 'block-end', block: 0 },
  ])

const { decode } = openaiResponses.request

test('instructions hold for one call; messages that the client sent stay', () => {
  const input = [
    { role: 'system', content: 'kept' },
    { role: 'user', content: 'one' },
  ]
  const first = decode({ model: 'm', instructions: 'be brief', input })
  const kept = conversationOf(first, answerOf('1'))
  assert.deepEqual(textsOf(kept.turns), ['system: kept', 'user: one', 'assistant: 1'])

  const second = decode({ model: 'm', previous_response_id: 'r1', instructions: 'be long', input: 'two' })
  const continued = continueConversation(second, kept)
  assert.equal('previousResponseId' in continued, false)
  assert.deepEqual(continued.turns, [second.turns[0], ...kept.turns, second.turns[1]])
  assert.deepEqual(textsOf(conversationOf(continued, answerOf('2')).turns), [
    ...textsOf(kept.turns),
    'user: two',
    'assistant: 2',
  ])
})

test('a system message that opens the input is no instruction, also where it stands first', () => {
  const first = decode({ model: 'm', input: [{ role: 'system', content: 'kept' }] })
  const kept = conversationOf(first, answerOf('1'))
  assert.deepEqual(textsOf(kept.turns), ['system: kept', 'assistant: 1'])
  const only = decode({ model: 'm', previous_response_id: 'r1', instructions: 'now' })
  assert.deepEqual(textsOf(continueConversation(only, kept).turns), [
    'system: now',
    'system: kept',
    'assistant: 1',
  ])
})

test('a chain of responses says the same as one long conversation', () => {
  const exchange = fc.record({
    question: fc.string(),
    answer: fc.string(),
    instructions: fc.option(fc.string(), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(exchange, { minLength: 1, maxLength: 8 }), (exchanges) => {
      let stored: StoredConversation = { turns: [] }
      const said: Turn[] = []
      for (const { question, answer, instructions } of exchanges) {
        const fields = instructions === undefined ? {} : { instructions }
        const asked = decode({ model: 'm', previous_response_id: 'r', input: question, ...fields })
        const continued = continueConversation(asked, stored)
        const lead = instructions === undefined ? [] : asked.turns.slice(0, 1)
        said.push(asked.turns.at(-1)!)
        assert.deepEqual(continued.turns, [...lead, ...said])
        stored = conversationOf(continued, answerOf(answer))
        said.push({ role: 'assistant', parts: [{ type: 'text', text: answer }] })
      }
      assert.deepEqual(stored.turns, said)
    }),
  )
})

test('the next call carries reasoning, its signature and the tool call to the provider that made them', () => {
  const { response, request: wire } = anthropicMessages
  const body = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [
      { type: 'thinking', thinking: 'look it up', signature: 'c2ln' },
      { type: 'tool_use', id: 'toolu_1', name: 'find', input: { q: 'x' } },
    ],
    stop_reason: 'tool_use',
    usage: { input_tokens: 1, output_tokens: 1 },
  }
  const kept = conversationOf(
    decode({ model: 'm', store: true, input: 'where?' }),
    foldAnswer(response.decode(body)),
  )
  const next = decode({
    model: 'm',
    previous_response_id: 'r1',
    input: [{ type: 'function_call_output', call_id: 'toolu_1', output: 'here' }],
  })
  const stored = JSON.parse(JSON.stringify(kept)) as StoredConversation
  const sent = wire.encode(continueConversation(next, stored), { model: 'm' })
  const messages = asArray(sent.body['messages'])
  assert.deepEqual(asObject(messages[1])?.['content'], body.content)
  assert.equal(asObject(messages[0])?.['role'], 'user')
  assert.equal(asObject(asArray(asObject(messages[2])?.['content'])[0])?.['tool_use_id'], 'toolu_1')
})

test('a request is not changed by being continued', () => {
  const original = request({ previousResponseId: 'resp_1', turns: [say('user', 'a')], topLogprobs: 2 })
  const copy = structuredClone(original)
  const continued = continueConversation(original, { turns: [say('user', 'b')] })
  assert.deepEqual(original, copy)
  assert.equal(continued.topLogprobs, 2)
})
