/** A recorded conversation reads in its order, and nothing in it is left out for its form. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { answerTexts, promptTexts } from './payload-texts.ts'

test('turns and their parts become text', () => {
  const request = {
    turns: [
      { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        name: 'ada',
        parts: [
          { type: 'text', text: 'Look:' },
          { type: 'media', media: 'image', filename: 'cat.png' },
        ],
      },
      { role: 'assistant', parts: [{ type: 'tool-call', callId: 'c1', name: 'find', arguments: '{"q":1}' }] },
      {
        role: 'tool',
        parts: [{ type: 'tool-result', callId: 'c1', content: [{ type: 'text', text: 'a cat' }] }],
      },
      { role: 'user', parts: [{ type: 'native', value: 7 }] },
    ],
  }
  assert.deepEqual(
    promptTexts(request).map(({ who, text }) => `${who}: ${text}`),
    [
      'system: Be brief.',
      'user ada: Look:\n[image cat.png]',
      'assistant: [calls find] {"q":1}',
      'tool: [result of c1] a cat',
      'user: {"type":"native","value":7}',
    ],
  )
})

test('each choice of an answer is one text', () => {
  const blocks = [
    { kind: 'reasoning', choice: 0, text: 'hm' },
    { kind: 'text', choice: 0, text: 'A cat.' },
    { kind: 'tool', choice: 1, name: 'find', text: '{}' },
  ]
  assert.deepEqual(answerTexts({ blocks }), [
    { who: 'answer 1', text: '[reasoning] hm\nA cat.' },
    { who: 'answer 2', text: '[calls find] {}' },
  ])
})

test('what has no such form gives nothing and throws nothing', () => {
  assert.deepEqual(
    [promptTexts({}), answerTexts({ blocks: 'x' }), promptTexts({ turns: [null, 3] })],
    [[], [], []],
  )
})
