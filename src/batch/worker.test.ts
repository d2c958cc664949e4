/** What a process that was killed has left is taken up before anything new is begun, as soon as the store answers. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainBatch } from '../../test/support/plain-batch.ts'
import { until } from '../../test/support/until.ts'
import { systemClock } from '../core/clock.ts'
import { BatchWorker, type WorkerParts } from './worker.ts'

test('a store that is away at the start is asked again: until then no line is taken', async (t) => {
  const steps: string[] = []
  const errors: unknown[] = []
  let refusals = 2
  const batch = { ...plainBatch, expiresAtMs: 9e15 }
  const parts = {
    store: {
      async open() {
        if (refusals-- > 0) throw new Error('the store is away')
        return [batch]
      },
      releaseAll: async () => void steps.push('release'),
      endedWithLines: async () => [],
    },
    folder: { id: 'here', sweep: async () => undefined, names: async () => [] },
    queue: { close: async () => undefined },
    results: {
      recover: async (id: string) => void steps.push(`recover ${id}`),
      close: async () => undefined,
    },
    dispatcher: {
      prolong: async () => undefined,
      update: async () => void steps.push('work'),
      close: async () => undefined,
    },
    native: { leading: [], close: async () => undefined },
    clock: systemClock,
    instance: 'i',
    leaseOf: () => ({ holder: 'i', nowMs: 0, leaseMs: 1000 }),
    onError: (cause: unknown) => errors.push(cause),
  }
  // Only what a batch that is under way needs.
  const worker = new BatchWorker(parts as unknown as WorkerParts)
  t.after(() => worker.close(AbortSignal.abort()))
  worker.start()
  await until('its work', () => (steps.includes('work') ? true : undefined))
  assert.deepEqual(steps.slice(0, 3), [`recover ${batch.id}`, 'release', 'work'])
  assert.equal(steps.filter((step) => step === 'release').length, 1)
  assert.equal(errors.length, 2)
})
