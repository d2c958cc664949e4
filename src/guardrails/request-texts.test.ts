/** Nothing that a request says goes by unread, and what is new in it is heard by those who decide elsewhere. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GenRequest, Turn } from '../core/request.ts'
import { newText, rewriteTexts, textsOf } from './request-texts.ts'

const secret = 'ada@example.org'
const native = { dialect: 'openai-chat', fields: { beside: { text: secret } } } as const

const everywhere: GenRequest = {
  model: 'openai/echo',
  stream: false,
  user: secret,
  metadata: { customer: secret },
  stop: [secret],
  native: { ...native, fields: { prediction: { type: 'content', content: secret }, authorization: 'kept' } },
  format: { type: 'json-schema', schema: { enum: [secret] }, description: secret },
  tools: [
    { type: 'function', name: 'find', description: secret, schema: { description: secret }, native },
    { type: 'native', dialect: 'openai-responses', value: { note: secret, authorization: 'kept' } },
  ],
  turns: [
    { role: 'system', name: secret, parts: [{ type: 'text', text: secret, native }] },
    {
      role: 'user',
      native,
      parts: [
        {
          type: 'media',
          media: 'image',
          source: { at: 'url', url: `https://h/?of=${secret}` },
          filename: secret,
        },
        { type: 'media', media: 'document', source: { at: 'text', text: secret }, title: secret },
        { type: 'native', dialect: 'anthropic-messages', value: { source: { type: 'text', data: secret } } },
      ],
    },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: secret },
        { type: 'refusal', text: secret },
        { type: 'tool-call', callId: '1', name: 'find', arguments: JSON.stringify({ of: secret }) },
        { type: 'text', text: 'so', citations: [{ citedText: secret }] },
      ],
    },
    {
      role: 'tool',
      parts: [{ type: 'tool-result', callId: '1', content: [{ type: 'text', text: secret }] }],
    },
  ],
}

test('every text of a request is read and can be replaced', () => {
  const next = rewriteTexts(everywhere, (text) => text.replaceAll(secret, 'nobody'))
  const told = JSON.stringify(next)
  assert.ok(!told.includes(secret), told)
  assert.equal(told, JSON.stringify(everywhere).replaceAll(secret, 'nobody'))
  assert.ok(!textsOf(everywhere).some(({ text }) => text === 'kept'))
})

test('where nothing changes, the request is the same object', () => {
  assert.equal(
    rewriteTexts(everywhere, (text) => text),
    everywhere,
  )
})

test('what has been signed stays as it is, and so do bytes', () => {
  const turns: Turn[] = [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: secret, signature: { dialect: 'anthropic-messages', value: 'proof' } },
        { type: 'media', media: 'image', source: { at: 'url', url: `data:image/png;base64,${secret}` } },
        {
          type: 'native',
          dialect: 'gemini',
          value: { inlineData: { data: secret }, thoughtSignature: secret },
        },
      ],
    },
  ]
  assert.deepEqual(textsOf({ model: 'm', stream: false, turns }), [])
})

const say = (role: Turn['role'], text: string): Turn => ({ role, parts: [{ type: 'text', text }] })
const newOf = (...turns: Turn[]) => newText({ model: 'm', stream: false, turns })

test('what is new is what has been said since the model spoke', () => {
  assert.equal(newOf(say('system', 's'), say('user', 'a'), say('assistant', 'b'), say('user', 'c')), 'c')
  assert.equal(newOf(say('user', 'a'), say('assistant', 'b'), say('tool', 'r'), say('user', 'c')), 'r\nc')
})

test('neither an answer that the client has begun itself nor mere instructions keep a prompt from being heard', () => {
  assert.equal(newOf(say('user', 'a'), say('assistant', 'Sure,')), 'a\nSure,')
  assert.equal(newOf(say('system', 'do it')), 'do it')
  assert.equal(newOf(say('system', 'do it'), say('user', ' ')), 'do it\n ')
})
