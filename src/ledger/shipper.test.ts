/** What waits is bounded, and nothing of it is dropped. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../test/support/until.ts'
import { GatewayError } from '../core/error.ts'
import type { Outbox } from './port.ts'
import { Shipper } from './shipper.ts'

/** A journal of numbers. */
function outboxOf(count: number): Outbox<number> {
  const lines = Array.from({ length: count }, (_, at) => at + 1)
  let mark = 0
  const shipment = (all: readonly number[]) => {
    const lastSeq = all.at(-1)
    return lastSeq === undefined ? undefined : { lines: all, prices: [], lastSeq }
  }
  return {
    get waiting() {
      return count - mark
    },
    next: (limit) => shipment(lines.slice(mark, mark + limit)),
    shipped: (lastSeq) => void (mark = lastSeq),
    shippedAfter: (seq, limit) => shipment(lines.slice(seq, Math.min(mark, seq + limit))),
  }
}

test('calls are refused while too many lines wait, and let through again when they have left', async (t) => {
  const arrived: number[] = []
  const states: string[] = []
  let isDown = true
  const shipper = new Shipper({
    outbox: outboxOf(1_200),
    shared: {
      async add({ lines }) {
        if (isDown) throw new Error('down')
        arrived.push(...lines)
        return 0
      },
    },
    maxWaiting: 1_000,
    onState: (cause) => states.push(cause === undefined ? 'well' : 'down'),
    onLate: () => undefined,
    pauseMs: 1,
  })
  t.after(() => shipper.close())
  const isAdmitted = (): boolean => {
    try {
      shipper.admit()
      return true
    } catch (error) {
      assert.ok(error instanceof GatewayError && error.code === 'ledger_unavailable')
      return false
    }
  }
  assert.ok(!isAdmitted())
  assert.ok(!(await shipper.ship()))
  assert.ok(!(await shipper.ship()))
  assert.ok(!isAdmitted())
  isDown = false
  shipper.start()
  await until('all of it to arrive', () => (arrived.length === 1_200 ? true : undefined))
  assert.ok(isAdmitted())
  assert.deepEqual(new Set(arrived).size, 1_200)
  assert.deepEqual(states, ['down', 'well'])
})
