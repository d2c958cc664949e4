/** Figures of comparisons: how alike answers are, and what many comparisons say. The end gives up what is under way. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRequestRecord } from '../../test/support/request-record.ts'
import type { GenRequest } from '../core/request.ts'
import { likeness } from './likeness.ts'
import type { Called, Comparison } from './port.ts'
import { ShadowTraffic } from './shadow.ts'
import { summarise } from './summary.ts'

test('likeness counts words, not their order, case or marks', () => {
  assert.equal(likeness('Two years, no more.', 'no more: TWO years'), 1)
  assert.equal(likeness('one two three', 'three four five'), 1 / 3)
  assert.equal(likeness('yes yes yes', 'yes'), 0.5)
  assert.equal(likeness('...', ''), 1)
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const found = likeness(one, other)
      assert.ok(found >= 0 && found <= 1 && found === likeness(other, one))
    }),
  )
})

test('a summary counts each target for itself', () => {
  const comparison = (n: number, given: Partial<Comparison>): Comparison => ({
    org: 'default',
    id: `req_${n}`,
    requestId: `req_of_client_${n}`,
    route: 'assistant',
    target: 'b/new',
    atMs: n,
    primary: { status: 'answered', durationMs: 100, length: 10, costNanoUsd: 1_000 },
    shadow: { status: 'answered', durationMs: 300, length: 20, costNanoUsd: 3_000 },
    spentNanoUsd: 3_000,
    ...given,
  })
  const failed = { status: 'failed', durationMs: 5, length: 0, code: 'upstream_error' } as const
  const [first, second] = summarise([
    comparison(1, { likeness: 0.5, preference: 1, isSwayed: false }),
    comparison(2, { likeness: 1, preference: 0.5, isSwayed: true }),
    comparison(3, { shadow: failed, spentNanoUsd: 0 }),
    comparison(4, { target: 'c/other' }),
  ])
  assert.equal(second!.comparisons, 1)
  assert.deepEqual(
    [first!.comparisons, first!.shadow.failed, first!.shadow.meanMs, first!.shadow.meanCostNanoUsd],
    [3, 1, 300, 3_000],
  )
  assert.deepEqual(
    [first!.likeness, first!.preference!.mean, first!.preference!.judged, first!.swayed, first!.spentNanoUsd],
    [0.75, 0.75, 2, 1, 6_000],
  )
})

test('the end gives up a judge that does not answer, and keeps what the candidate has said', async () => {
  const kept: Comparison[] = []
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>()
  const request: GenRequest = { model: 'assistant', stream: false, turns: [] }
  const answer: Called = { requestId: 'req_shadow', durationMs: 1, attempts: 1, costNanoUsd: 5 }
  const traffic = new ShadowTraffic({
    store: {
      add: async (comparison) => void kept.push(comparison),
      spentSince: async () => 0,
      list: async () => ({ data: [] }),
      routes: async () => [],
      prune: async () => undefined,
    },
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    settings: () => [
      {
        route: 'assistant',
        target: 'b/new',
        sample: 1,
        maxNanoUsdPerDay: 100,
        retentionDays: 1,
        judge: { target: 'b/judge' },
      },
    ],
    call: async () => answer,
    judge: (_judge, _pair, signal) => {
      asked()
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ costNanoUsd: 0 })))
    },
    costOf: () => undefined,
    onError: assert.ifError,
  })
  traffic.take({ record: createRequestRecord(1), asked: request, request, draw: 0, text: 'hello' })
  await isAsked
  await traffic.close()
  assert.deepEqual(
    kept.map(({ spentNanoUsd, preference }) => ({ spentNanoUsd, preference })),
    [{ spentNanoUsd: 5, preference: undefined }],
  )
})
