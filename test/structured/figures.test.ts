import assert from 'node:assert/strict'
import test from 'node:test'
import { measureContract, targetsMet } from '../../bench/contract-run.ts'

test('of 30 broken answers in 100, none is given as valid, and few calls are made for it', async (t) => {
  const report = await measureContract({ generated: 25, handwritten: 25, rounds: 1 })
  for (const [manner, { byRung, calls, requests }] of Object.entries(report.manners)) {
    t.diagnostic(`${manner}: ${JSON.stringify(byRung)}, ${(calls / requests).toFixed(3)} calls per request`)
    assert.equal(byRung.invalid, 0, manner)
    assert.equal(requests, 200)
    assert.ok(byRung['asked again'] > 0 && byRung['typed error'] > 0, manner)
  }
  // The draws are seeded, and the requests follow each other: the figures are the same in every run.
  assert.ok(targetsMet(report))
})
