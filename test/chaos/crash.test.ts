/** P1: a killed process loses no call that a provider received, and counts none twice. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { asObject } from '../../src/core/json.ts'
import { openPostgres } from '../support/postgres.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { crashAgainAndAgain } from './crash-harness.ts'
import { reportChaos } from './report.ts'

const kills = Number(process.env['WEIR_KILLS'] ?? (process.env['WEIR_PROVE'] ? 50 : 6))
/** Of all tests of this file together. */
const minutes = Number(process.env['WEIR_CHAOS_MINUTES'] ?? Number.POSITIVE_INFINITY)
const upTo = Number.isFinite(minutes) ? 'up to ' : ''
const forMs = (share: number) => minutes * 60_000 * share

for (const durability of ['process', 'power'] as const) {
  const times = durability === 'process' ? kills : Math.ceil(kills / 3)
  test(`${upTo}${times} kills under load (${durability}): each call that was received has its one line`, async (t) => {
    const fromMs = performance.now()
    const report = await crashAgainAndAgain(t, {
      kills: times,
      seed: process.env['WEIR_SEED'] ?? 'crash',
      folder: createTemporaryFolder(),
      durability,
      forMs: forMs(durability === 'process' ? 0.5 : 0.2),
      onKill: tell(t, durability),
    })
    const { verification, faults, ...counts } = report
    t.diagnostic(JSON.stringify(counts))
    t.diagnostic(String(verification['line']))
    const name = `SQLite, \`${durability}\``
    reportChaos({ name, tookMs: performance.now() - fromMs, ...counts })
    assert.deepEqual(faults, [])
    assert.deepEqual([verification['differences'], verification['open']], [[], 0])
    assert.ok(report.receipts > report.kills, 'hardly anything was asked between the kills')
  })
}

test(`${upTo}${kills} kills under load, the lines shipped to PostgreSQL: each is there once`, async (t) => {
  const postgres = await openPostgres(t)
  if (typeof postgres === 'string') return t.skip(postgres)
  const fromMs = performance.now()
  const { verification, faults, ...counts } = await crashAgainAndAgain(t, {
    kills,
    seed: process.env['WEIR_SEED'] ?? 'ship',
    folder: createTemporaryFolder(),
    database: postgres.url,
    forMs: forMs(0.3),
    onKill: tell(t, 'PostgreSQL'),
  })
  t.diagnostic(JSON.stringify(counts))
  t.diagnostic(JSON.stringify(verification['shared']))
  reportChaos({ name: 'shipped to PostgreSQL', tookMs: performance.now() - fromMs, ...counts })
  assert.deepEqual(faults, [])
  assert.deepEqual(verification['differences'], [])
  const shared = asObject(verification['shared'])!
  assert.equal(shared['waiting'], 0)
  assert.equal(shared['lines'], shared['compared'])
})

/** In long runs people want to see that it goes on. */
function tell(t: TestContext, name: string): (n: number) => void {
  return (n) => {
    if (n % 50 === 0) t.diagnostic(`${name}: ${n} kills`)
  }
}
