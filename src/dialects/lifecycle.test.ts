import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { foldAnswer } from '../core/answer.ts'
import type { GenEvent } from '../core/event.ts'
import { Lifecycle } from './lifecycle.ts'

const tool = (callId: string) => ({ kind: 'tool', callId, name: `name of ${callId}` }) as const

function told(events: readonly GenEvent[]): string {
  const word = (event: GenEvent): string => {
    switch (event.type) {
      case 'block-start':
        return `+${event.block}${event.kind}`
      case 'block-delta':
        return `${event.block}"${event.text}"`
      case 'block-end':
        return `-${event.block}`
      default:
        return event.type
    }
  }
  return events.map(word).join(' ')
}

test('text goes on in its block until another kind begins', () => {
  const blocks = new Lifecycle()
  blocks.append(0, { kind: 'reasoning' }, 'a')
  blocks.append(0, { kind: 'reasoning' }, 'b')
  blocks.append(0, { kind: 'text' }, 'c')
  blocks.append(0, { kind: 'reasoning' }, 'd')
  blocks.close(0)
  assert.equal(told(blocks.take()), '+0reasoning 0"a" 0"b" -0 +1text 1"c" -1 +2reasoning 2"d" -2')
})

test('a signature ends its block', () => {
  const blocks = new Lifecycle()
  blocks.append(0, { kind: 'reasoning' }, 'a')
  blocks.sign(0, { dialect: 'openai-chat', value: 'proof' })
  blocks.append(0, { kind: 'reasoning' }, 'b')
  const [first, second] = foldAnswer(blocks.take()).blocks
  assert.deepEqual([first?.text, first?.signature?.value], ['a', 'proof'])
  assert.deepEqual([second?.text, second?.signature], ['b', undefined])
})

test('choices interleave without closing each other', () => {
  const blocks = new Lifecycle()
  blocks.append(0, { kind: 'text' }, 'a')
  blocks.append(1, { kind: 'text' }, 'b')
  blocks.append(0, { kind: 'text' }, 'c')
  assert.equal(told(blocks.take()), '+0text 0"a" +1text 1"b" 0"c"')
})

test('a call ends when the next begins, if its arguments are complete by then', () => {
  const blocks = new Lifecycle()
  blocks.startTool(0, 'a', tool('a'))
  blocks.appendTool(0, 'a', '{"x":')
  blocks.appendTool(0, 'a', '1}')
  blocks.startTool(0, 'b', tool('b'))
  assert.equal(told(blocks.take()), '+0tool 0"{"x":" 0"1}" -0 +1tool')
})

test('a call whose arguments are not complete stays open beside the next', () => {
  const blocks = new Lifecycle()
  blocks.startTool(0, 'a', tool('a'))
  blocks.appendTool(0, 'a', '{"x":')
  blocks.startTool(0, 'b', tool('b'))
  blocks.appendTool(0, 'b', '{}')
  assert.ok(blocks.appendTool(0, 'a', '1}'))
  blocks.close(0)
  const inputs = foldAnswer(blocks.take()).blocks.map(({ text }) => text)
  assert.deepEqual(inputs, ['{"x":1}', '{}'])
})

test('input for a call that was complete is refused, but for white space', () => {
  const blocks = new Lifecycle()
  blocks.startTool(0, 'a', tool('a'))
  blocks.appendTool(0, 'a', '{}')
  blocks.append(0, { kind: 'text' }, 'and')
  assert.ok(blocks.appendTool(0, 'a', ' '))
  assert.ok(!blocks.appendTool(0, 'a', '{"x":1}'))
})

test('a call without arguments has an empty object, free text has none', () => {
  const blocks = new Lifecycle()
  blocks.startTool(0, 'a', tool('a'))
  blocks.startTool(0, 'b', { ...tool('b'), freeform: true })
  blocks.close(0)
  const inputs = foldAnswer(blocks.take()).blocks.map(({ text }) => text)
  assert.deepEqual(inputs, ['{}', ''])
})

const step = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    choice: fc.nat(1),
    kind: fc.constantFrom('text', 'reasoning', 'refusal'),
    text: fc.string({ maxLength: 3 }),
  }),
  fc.record({ do: fc.constant('sign' as const), choice: fc.nat(1) }),
  fc.record({ do: fc.constant('tool' as const), choice: fc.nat(1) }),
  fc.record({
    do: fc.constant('input' as const),
    choice: fc.nat(1),
    key: fc.nat(3),
    text: fc.constantFrom('{', '}', ''),
  }),
  fc.record({ do: fc.constant('whole' as const), choice: fc.nat(1) }),
)

test('whatever happens, every block starts once, ends once, and speaks only between', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const blocks = new Lifecycle()
      let tools = 0
      for (const act of steps) {
        if (act.do === 'append') blocks.append(act.choice, { kind: act.kind } as { kind: 'text' }, act.text)
        if (act.do === 'sign') blocks.sign(act.choice, { dialect: 'gemini', value: 'x' })
        if (act.do === 'tool') blocks.startTool(act.choice, String(tools), tool(String(tools++)))
        if (act.do === 'input') blocks.appendTool(act.choice, String(act.key), act.text)
        if (act.do === 'whole') blocks.whole(act.choice, { kind: 'native', dialect: 'openai-chat', value: 1 })
      }
      blocks.close(0)
      blocks.close(1)
      const open = new Set<number>()
      let next = 0
      for (const event of blocks.take()) {
        if (event.type === 'block-start') {
          assert.equal(event.block, next++)
          open.add(event.block)
        }
        if (event.type === 'block-delta') assert.ok(open.has(event.block))
        if (event.type === 'block-end') assert.ok(open.delete(event.block))
      }
      assert.equal(open.size, 0)
    }),
  )
})
