/** The parts of a gate are told in their units, and an open gate says what it lacks. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { casesLacking, partText } from './gate-text.ts'
import type { GatePart } from './report.ts'

const part = (name: string, numbers: Partial<GatePart>): GatePart => ({
  name,
  verdict: 'pass',
  method: 'exact',
  ...numbers,
})

test('numbers have the unit of what they measure', () => {
  const rate = part('pass rate', { estimate: -0.004, lower: -0.021, upper: 0.013, bound: -0.03 })
  assert.equal(partText(rate), '-0.4 pp [-2.1, +1.3], at least -3.0 pp')
  const latency = part('latency p95, ratio', { estimate: 1.04, lower: 0.98, upper: 1.09, bound: 1.15 })
  assert.equal(partText(latency), '×1.04 [×0.98, ×1.09], at most ×1.15')
  assert.equal(partText(part('lost to faults', { estimate: 0, bound: 0.02 })), '0 %, at most 2.0 %')
})

test('an open gate says how many cases would decide, where more would', () => {
  const gate = { verdict: 'inconclusive', parts: [], cases: 40 } as const
  assert.equal(casesLacking({ ...gate, casesNeeded: 100 }), 60)
  assert.equal(casesLacking({ ...gate, casesNeeded: 40 }), undefined)
  assert.equal(casesLacking({ ...gate, verdict: 'pass', casesNeeded: 100 }), undefined)
})
