import assert from 'node:assert/strict'
import test from 'node:test'
import { untoldFields } from '../../core/request.ts'
import { anthropicMessages } from '../anthropic-messages/dialect.ts'
import { openaiResponses } from '../openai-responses/dialect.ts'
import { toThoughtSignature } from './wire.ts'
import { gemini } from './dialect.ts'

const proof = toThoughtSignature({ dialect: 'anthropic-messages', value: 'proof' })

/** The model's turn as Anthropic gets it back. */
function sentToAnthropic(parts: readonly object[]): unknown {
  const body = {
    contents: [
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts },
    ],
  }
  const request = gemini.request.decode(body as never, { model: 'm', stream: false })
  const encoded = anthropicMessages.request.encode(request, { model: 'm' })
  assert.deepEqual(encoded.dropped, [])
  return (encoded.body['messages'] as { content: unknown }[])[1]?.content
}

test("another provider's proof belongs to all pieces of the thought before it", () => {
  const pieces = [
    { text: 'first', thought: true },
    { text: ' then', thought: true },
    { text: '', thought: true, thoughtSignature: proof },
  ]
  const thinking = { type: 'thinking', thinking: 'first then', signature: 'proof' }
  const answer = { text: 'done' }
  assert.deepEqual(sentToAnthropic([...pieces, answer]), [thinking, { type: 'text', text: 'done' }])
  assert.deepEqual(sentToAnthropic([...pieces, ...pieces, answer]), [
    thinking,
    thinking,
    { type: 'text', text: 'done' },
  ])
})

test('a schema in the words of Google is no loss for others, an unknown field is', () => {
  const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]
  const decode = (generationConfig: object) =>
    gemini.request.decode({ contents, generationConfig } as never, { model: 'm', stream: false })
  const schema = { responseMimeType: 'application/json', responseSchema: { type: 'STRING' } }
  assert.deepEqual(untoldFields(decode(schema)), [])
  assert.deepEqual(untoldFields(decode({ ...schema, audioTimestamp: true })), ['generationConfig'])
})

test('fields that only the client dialect knows are reported, unless the canonical form holds their wish', () => {
  const body = { model: 'm', input: 'Hi', include: ['reasoning.encrypted_content'], truncation: 'auto' }
  const { dropped } = gemini.request.encode(openaiResponses.request.decode(body), { model: 'm' })
  assert.deepEqual(dropped, ['truncation'])
})
