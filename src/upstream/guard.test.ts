/** The guard lets only proven endings through. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import { TerminalGuard } from './guard.ts'

const start: GenEvent = { type: 'start', id: 'a', model: 'm' }
const open = (block: number, choice = 0): GenEvent => ({ type: 'block-start', block, choice, kind: 'text' })
const delta = (block: number): GenEvent => ({ type: 'block-delta', block, text: 'x' })
const finish = (choice = 0): GenEvent => ({ type: 'finish', choice, reason: 'stop', native: 'stop' })
const usage: GenEvent = { type: 'usage', usage: { inputTokens: 1, outputTokens: 1 } }
const fail: GenEvent = { type: 'fail', error: new GatewayError('upstream_error', 'no') }

function run(events: readonly GenEvent[]): string[] {
  const guard = new TerminalGuard()
  const out = events.flatMap((event) => guard.push(event))
  return [...out, ...guard.end()].map((event) => (event.type === 'fail' ? event.error.code : event.type))
}

test('a finished answer passes, with its late usage', () => {
  assert.deepEqual(run([start, open(0), delta(0), finish(), usage]), [
    'start',
    'block-start',
    'block-delta',
    'finish',
    'usage',
  ])
})

test('input that ends without a finish is truncated', () => {
  assert.deepEqual(run([start, open(0), delta(0)]).at(-1), 'upstream_truncated')
  assert.deepEqual(run([]), ['upstream_truncated'])
  assert.deepEqual(run([start, usage]).at(-1), 'upstream_truncated')
})

test('one finished choice does not excuse another', () => {
  assert.equal(run([start, open(0), open(1, 1), finish(0)]).at(-1), 'upstream_truncated')
  assert.equal(run([start, open(0), open(1, 1), finish(0), finish(1)]).at(-1), 'finish')
})

test('nothing follows a finish or a fail but usage', () => {
  assert.deepEqual(run([start, open(0), finish(), delta(0), open(1), finish(), fail]), [
    'start',
    'block-start',
    'finish',
  ])
  assert.deepEqual(run([start, fail, open(0), delta(0), finish(), usage]), [
    'start',
    'upstream_error',
    'usage',
  ])
})

test('a delta for a block that never opened is not passed on', () => {
  assert.deepEqual(run([start, delta(7), open(0), finish()]), ['start', 'block-start', 'finish'])
})

test('more blocks or choices than any answer has are no answer, finished or not', () => {
  const many = (count: number, each: (n: number) => GenEvent[]) =>
    Array.from({ length: count }, (_, n) => each(n)).flat()
  const blocks = (count: number) => run([start, ...many(count, (n) => [open(n)]), finish(), usage])
  assert.deepEqual(blocks(10_000).slice(-2), ['finish', 'usage'])
  assert.deepEqual(blocks(10_001).slice(-3), ['block-start', 'usage', 'upstream_protocol'])
  const choices = (count: number) => run([start, ...many(count, (n) => [open(n, n), finish(n)])])
  assert.equal(choices(1_024).at(-1), 'finish')
  assert.equal(choices(1_025).at(-1), 'upstream_protocol')
  const empty = run([start, ...many(1_025, (n) => [finish(n)])])
  assert.equal(empty.at(-1), 'upstream_protocol')
})
