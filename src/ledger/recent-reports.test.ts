/** A report is computed again once it is too old for whoever asks, and never kept where that failed. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UsageQuery } from './port.ts'
import { RecentReports } from './recent-reports.ts'

const query = (org: string): UsageQuery => ({
  org,
  by: [],
  fromMs: 0,
  toMs: 1,
  where: {},
  limit: 1,
  offset: 0,
})

function create() {
  const parts = { nowMs: 1_000, computed: 0, fault: undefined as Error | undefined }
  const compute = async () => {
    parts.computed++
    if (parts.fault) throw parts.fault
    return { data: [] } as never
  }
  return { parts, reports: new RecentReports(compute, () => parts.nowMs) }
}

test('who takes an old one gets it, who wants a new one does not', async () => {
  const { parts, reports } = create()
  await Promise.all([reports.of(5, query('a')), reports.of(5, query('a')), reports.of(5, query('b'))])
  assert.equal(parts.computed, 2)
  parts.nowMs += 3_000
  await reports.of(5, query('a'))
  assert.equal(parts.computed, 2)
  await reports.of(2, query('a'))
  await reports.of(0, query('a'))
  assert.equal(parts.computed, 4)
})

test('a fault is told to all who asked, and not kept', async () => {
  const { parts, reports } = create()
  parts.fault = new Error('away')
  await assert.rejects(reports.of(5, query('a')), parts.fault)
  parts.fault = undefined
  await reports.of(5, query('a'))
  assert.equal(parts.computed, 2)
})

test('no more than some are kept', async () => {
  const { parts, reports } = create()
  for (let n = 0; n < 250; n++) await reports.of(5, query(`org-${n}`))
  await reports.of(5, query('org-249'))
  assert.equal(parts.computed, 250)
  await reports.of(5, query('org-0'))
  assert.equal(parts.computed, 251)
})

test('a report over the same hours is the same report', async () => {
  const { parts, reports } = create()
  await reports.of(5, { ...query('a'), fromMs: 10, toMs: 20 })
  await reports.of(5, { ...query('a'), fromMs: 900_000, toMs: 3_000_000 })
  assert.equal(parts.computed, 1)
  await reports.of(5, { ...query('a'), fromMs: 900_000, toMs: 4_000_000 })
  assert.equal(parts.computed, 2)
})
