/** P1: a killed process loses no call that a provider received, and counts none twice. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { crashAgainAndAgain } from './crash-harness.ts'

const kills = Number(process.env['WEIR_KILLS'] ?? (process.env['WEIR_PROVE'] ? 50 : 6))

for (const durability of ['process', 'power'] as const) {
  const times = durability === 'process' ? kills : Math.ceil(kills / 3)
  test(`${times} kills under load (${durability}): each call that was received has its one line`, async (t) => {
    const report = await crashAgainAndAgain(t, {
      kills: times,
      seed: process.env['WEIR_SEED'] ?? 'crash',
      folder: createTemporaryFolder(t),
      durability,
    })
    const { verification, faults, ...counts } = report
    t.diagnostic(JSON.stringify(counts))
    t.diagnostic(String(verification['line']))
    assert.deepEqual(faults, [])
    assert.deepEqual([verification['differences'], verification['open']], [[], 0])
    assert.ok(report.receipts > times, 'hardly anything was asked between the kills')
  })
}
