/** The ladder follows the clock, and the guardrail stops what fails more often, and nothing else. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRequestRecord } from '../../test/support/request-record.ts'
import { CanaryGuard, shareAt } from './canary.ts'
import type { Canary, Pointer } from './port.ts'

const canary: Canary = { revision: 2, startedAtMs: 1_000, shares: [0.1, 0.5], stepMs: 100, actor: 'a' }
const pointer: Pointer = { org: 'default', route: 'chat', live: 1, changedAtMs: 0, seq: 1, canary }

test('each step lasts as long, and after the last one there is none', () => {
  assert.deepEqual(
    [900, 1_000, 1_099, 1_100, 1_200].map((nowMs) => shareAt(canary, nowMs)),
    [0.1, 0.1, 0.1, 0.5, undefined],
  )
})

function faultAfter(own: readonly number[], live: readonly number[]): string | undefined {
  const guard = new CanaryGuard()
  const [of2, of1] = [own, live].map(([requests = 0, failures = 0], at) =>
    Array.from({ length: requests }, (_, n) =>
      createRequestRecord(n, { route: 'chat', revision: at === 0 ? 2 : 1, status: n < failures ? 502 : 200 }),
    ),
  )
  for (const record of [...of2!, ...of1!]) guard.observe(record, pointer)
  return guard.faultOf(pointer)
}

test('failures of the canary stop it where the live revision has fewer', () => {
  assert.match(faultAfter([40, 8], [200, 2]) ?? '', /8 of 40/)
  assert.equal(faultAfter([40, 8], [200, 40]), undefined)
  assert.equal(faultAfter([19, 19], [200, 0]), undefined)
  assert.equal(faultAfter([40, 1], [200, 2]), undefined)
})
