import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { blocksOf, foldAnswer } from '../core/answer.ts'
import { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import { Sequencer } from './sequencer.ts'

function sequence(events: readonly GenEvent[]): GenEvent[] {
  const sequencer = new Sequencer()
  return [...events.flatMap((event) => sequencer.push(event)), ...sequencer.end()]
}

/** Well-formed events of up to six blocks of two choices, interleaved in any way. */
const interleaved: fc.Arbitrary<GenEvent[]> = fc
  .array(fc.record({ choice: fc.integer({ min: 0, max: 1 }), deltas: fc.integer({ min: 0, max: 4 }) }), {
    maxLength: 6,
  })
  .chain((blocks) =>
    fc.infiniteStream(fc.nat()).map((picks) => {
      const events: GenEvent[] = []
      const left = blocks.map(({ choice, deltas }, block): GenEvent[] => [
        { type: 'block-start', block, choice, kind: 'text' },
        ...Array.from({ length: deltas }, (_, n): GenEvent => {
          return { type: 'block-delta', block, text: `${block}.${n};` }
        }),
        { type: 'block-end', block },
      ])
      // Blocks are numbered in the order in which they open: the next one may start at any time.
      let opened = 0
      while (left.some((queue) => queue.length > 0)) {
        const ready = left.filter((queue, block) => queue.length > 0 && block <= opened)
        const queue = ready[picks.next().value % ready.length]!
        const event = queue.shift()!
        if (event.type === 'block-start') opened++
        events.push(event)
      }
      return events
    }),
  )

test('within a choice one block is open at a time, and nothing is lost or reordered', () => {
  fc.assert(
    fc.property(interleaved, (events) => {
      const out = sequence(events)
      const open = new Map<number, number>()
      const choiceOf = new Map<number, number>()
      for (const event of out) {
        if (event.type === 'block-start') {
          assert.equal(open.get(event.choice), undefined)
          open.set(event.choice, event.block)
          choiceOf.set(event.block, event.choice)
        } else if (event.type === 'block-delta' || event.type === 'block-end') {
          const choice = choiceOf.get(event.block)!
          assert.equal(open.get(choice), event.block)
          if (event.type === 'block-end') open.delete(choice)
        }
      }
      assert.equal(out.length, events.length)
      for (const choice of [0, 1]) {
        assert.deepEqual(blocksOf(foldAnswer(out), choice), blocksOf(foldAnswer(events), choice))
      }
    }),
  )
})

test('events in order pass at once', () => {
  const sequencer = new Sequencer()
  const event: GenEvent = { type: 'block-start', block: 0, choice: 0, kind: 'text' }
  assert.deepEqual(sequencer.push(event), [event])
  const delta: GenEvent = { type: 'block-delta', block: 0, text: 'a' }
  assert.deepEqual(sequencer.push(delta), [delta])
})

test('a finish ends what nobody ended; a failure does not', () => {
  const events: GenEvent[] = [
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    { type: 'block-start', block: 1, choice: 0, kind: 'text' },
    { type: 'block-delta', block: 1, text: 'late' },
  ]
  const finished = sequence([...events, { type: 'finish', choice: 0, reason: 'stop', native: 'stop' }])
  assert.deepEqual(
    finished.map(({ type }) => type),
    ['block-start', 'block-end', 'block-start', 'block-delta', 'block-end', 'finish'],
  )
  const error = new GatewayError('upstream_truncated', 'cut')
  const failed = sequence([...events, { type: 'fail', error }])
  assert.deepEqual(
    failed.map(({ type }) => type),
    ['block-start', 'fail'],
  )
})
