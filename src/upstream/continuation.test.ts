/** When an answer may be continued, what the second target is asked, and how its events join the first one's. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldAnswer } from '../core/answer.ts'
import type { GenEvent } from '../core/event.ts'
import type { GenRequest } from '../core/request.ts'
import { Continuation, mayBeContinued } from './continuation.ts'

const request: GenRequest = {
  model: 'm',
  stream: true,
  turns: [{ role: 'user', parts: [{ type: 'text', text: 'tell me' }] }],
}

const begun = (...events: readonly GenEvent[]): Continuation => {
  const continuation = new Continuation(
    request,
    { push: () => [], end: () => [] },
    { text: () => '', comment: () => '', close: () => '' },
  )
  for (const event of events) continuation.pass(event)
  return continuation
}

const textStart = (block: number): GenEvent => ({ type: 'block-start', block, choice: 0, kind: 'text' })
const thought = (block: number): GenEvent => ({ type: 'block-start', block, choice: 0, kind: 'reasoning' })
const tool = (block: number): GenEvent => ({
  type: 'block-start',
  block,
  choice: 0,
  kind: 'tool',
  callId: 'c',
  name: 'f',
})
const delta = (block: number, text: string): GenEvent => ({ type: 'block-delta', block, text })
const ended = (block: number): GenEvent => ({ type: 'block-end', block })
const finish: GenEvent = { type: 'finish', choice: 0, reason: 'stop', native: 'stop' }

test('only prose that has begun can go on, and once', () => {
  const able = begun(textStart(0), delta(0, 'once'))
  assert.equal(able.canGoOn, true)
  able.goOn()
  assert.equal(able.canGoOn, false)
  assert.equal(begun(thought(0), delta(0, 'hm'), ended(0), textStart(1), delta(1, 'so')).canGoOn, true)
  for (const events of [
    [],
    [textStart(0)],
    [thought(0), delta(0, 'hm')],
    [textStart(0), delta(0, 'a'), ended(0), tool(1)],
    [tool(0), ended(0), textStart(1), delta(1, 'a')],
    [textStart(0), delta(0, 'a'), ended(0)],
    [textStart(0), delta(0, 'a'), ended(0), finish],
  ]) {
    assert.equal(begun(...events).canGoOn, false, JSON.stringify(events))
  }
})

test('requests whose answers are more than one text are never continued', () => {
  assert.equal(mayBeContinued(request), true)
  const others: readonly Partial<GenRequest>[] = [
    { stream: false },
    { format: { type: 'json' } },
    { choices: 2 },
    { topLogprobs: 0 },
    { previousResponseId: 'r' },
    { outputModalities: ['text', 'audio'] },
  ]
  for (const more of others)
    assert.equal(mayBeContinued({ ...request, ...more }), false, JSON.stringify(more))
})

test('the second target is told what was said, and what of the limit is left', () => {
  const continuation = begun(textStart(0), delta(0, 'x'.repeat(30)), delta(0, ' '))
  const asked = continuation.goOn()
  assert.deepEqual(
    asked.turns.map(({ role }) => role),
    ['user', 'assistant', 'user'],
  )
  assert.deepEqual(asked.turns[1]!.parts, [{ type: 'text', text: 'x'.repeat(30) }])
  assert.equal(asked.maxOutputTokens, undefined)
})

test('thoughts of the second target stay out, a tool closes the text, usage is of both', () => {
  const continuation = begun(textStart(0), delta(0, 'a'), {
    type: 'usage',
    usage: { inputTokens: 10, outputTokens: 1 },
  })
  continuation.goOn()
  const passed = [
    { type: 'start', id: 'b', model: 'n' } as const,
    thought(0),
    delta(0, 'hm'),
    ended(0),
    textStart(1),
    delta(1, 'b'),
    { type: 'annotation', block: 1, value: { url: 'u', startIndex: 0, endIndex: 1 } } as const,
    ended(1),
    tool(2),
    ended(2),
    { type: 'usage', usage: { inputTokens: 20, outputTokens: 2, cacheReadTokens: 3 } } as const,
    finish,
  ].flatMap((event) => continuation.pass(event))
  assert.deepEqual(passed, [
    delta(0, 'b'),
    { type: 'annotation', block: 0, value: { url: 'u', startIndex: 1, endIndex: 2 } },
    ended(0),
    tool(3),
    ended(3),
    { type: 'usage', usage: { inputTokens: 30, outputTokens: 3, cacheReadTokens: 3 } },
    finish,
  ])
})

test('wherever an answer is cut, and whatever blocks go on with it, the whole is well formed', () => {
  const blocks = fc.array(fc.constantFrom('text', 'reasoning', 'tool'), { maxLength: 4 })
  fc.assert(
    fc.property(fc.boolean(), blocks, fc.boolean(), (thinks, kinds, hasFailed) => {
      const first: GenEvent[] = []
      if (thinks) first.push(thought(0), delta(0, 'hm'), ended(0))
      const at = thinks ? 1 : 0
      first.push(textStart(at), delta(at, 'one '))
      const continuation = begun(...first)
      assert.ok(continuation.canGoOn)
      if (hasFailed) {
        continuation.goOn()
        for (const event of [textStart(0)]) continuation.pass(event)
      }
      continuation.goOn()
      kinds.forEach((kind, block) => {
        const start = kind === 'text' ? textStart(block) : kind === 'tool' ? tool(block) : thought(block)
        for (const event of [start, delta(block, kind === 'tool' ? '{}' : kind), ended(block)])
          continuation.pass(event)
      })
      continuation.pass(finish)
      const open = new Set<number>()
      const seen = new Set<number>()
      for (const event of continuation.events) {
        if (event.type === 'block-start') {
          assert.ok(!seen.has(event.block), 'a number is used once')
          assert.equal(open.size, 0, 'one block at a time')
          seen.add(event.block)
          open.add(event.block)
        } else if (event.type === 'block-end') assert.ok(open.delete(event.block), 'an open block ends')
        else if (event.type === 'block-delta') assert.ok(open.has(event.block), 'text is within a block')
      }
      assert.equal(open.size, 0)
      const { blocks: told } = foldAnswer(continuation.events)
      const texts = told.flatMap((block) => (block.kind === 'text' ? [block.text] : []))
      assert.equal(texts.join(''), `one ${kinds.filter((kind) => kind === 'text').join('')}`)
    }),
  )
})
