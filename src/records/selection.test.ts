/** What a selection of requests comes to, and its lines taken along, against a real store. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createRequestRecord } from '../../test/support/request-record.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { ownerCaller } from '../admin/policy.ts'
import type { AdminReply, AdminRoute } from '../admin/route.ts'
import { systemClock } from '../core/clock.ts'
import { openStore } from '../storage/sqlite/open.ts'
import { createReader } from '../storage/sqlite/reader.ts'
import { recordMigrations } from '../storage/sqlite/record-migrations.ts'
import { createRecordStore } from '../storage/sqlite/record-store.ts'
import { createRecordSums } from '../storage/sqlite/record-sums.ts'
import { exportRoutes } from './export-admin.ts'
import type { RecordStore, RequestRecord } from './port.ts'
import { summaryRoutes } from './summary-admin.ts'

const nowMs = Date.UTC(2026, 0, 2, 12, 0, 30)
const teamKeys = new Set(['key-2'])

function open(t: TestContext): { store: RecordStore; routes: readonly AdminRoute[] } {
  const path = join(createTemporaryFolder(), 'records.db')
  const database = openStore(path, recordMigrations, systemClock)
  const reader = createReader(path)
  t.after(async () => {
    await reader.close()
    database.close()
  })
  const store = createRecordStore(database)
  const keysOfTeams = () => teamKeys
  const sums = createRecordSums(reader)
  return {
    store,
    routes: [
      ...summaryRoutes({ sums, keysOfTeams, nowMs: () => nowMs }),
      ...exportRoutes({ store, keysOfTeams }),
    ],
  }
}

async function call(
  routes: readonly AdminRoute[],
  path: string,
  query: Record<string, string> = {},
  teams?: ReadonlySet<string>,
): Promise<AdminReply> {
  const route = routes.find((one) => one.path === path)!
  return route.run({
    org: 'default',
    actor: 'test',
    caller: ownerCaller('test'),
    requestId: 'r1',
    form: async function* () {},
    params: {},
    query: route.query!.parse(query),
    body: undefined,
    ...(teams && { teams }),
  })
}

async function textOf(reply: AdminReply): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.content!.bytes) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const minuteMs = 60_000
const at = (minutesAgo: number, n: number, given: Partial<RequestRecord> = {}) =>
  createRequestRecord(nowMs - minutesAgo * minuteMs + n, given)

test('a selection is summed up, step by step', async (t) => {
  const { store, routes } = open(t)
  store.insert([
    at(30, 1, { durationMs: 100, costNanoUsd: 1_000_000 }),
    at(30, 2, { durationMs: 120, costNanoUsd: 2_000_000 }),
    at(10, 3, { durationMs: 50_000, status: 503 }),
    at(10, 4, { durationMs: 900, costNanoUsd: 0, keyId: 'key-2', keyName: 'other' }),
    at(26 * 60, 5),
    at(10, 6, { org: 'another' }),
  ])
  const sum = async (query: Record<string, string>, teams?: ReadonlySet<string>) => {
    const { body } = await call(routes, '/requests/summary', query, teams)
    return body as { steps: { requests: number; errors: number }[] } & Record<string, unknown>
  }
  const { steps, ...whole } = await sum({ from: String(nowMs - 60 * minuteMs) })
  const { p50, p95 } = whole['duration_ms'] as { p50: number; p95: number }
  assert.deepEqual(
    { ...whole, duration_ms: undefined },
    {
      at: new Date(nowMs).toISOString(),
      from: '2026-01-02T11:00:00.000Z',
      step_ms: 2 * minuteMs,
      requests: 4,
      errors: 1,
      cost_usd: '0.003',
      costs_unknown: 1,
      duration_ms: undefined,
    },
  )
  assert.ok(p50 > 110 && p50 < 130 && p95 > 850 && p95 < 950, `${p50} ${p95}`)
  assert.deepEqual(
    steps.flatMap((step, index) => (step.requests > 0 ? [[index, step.requests, step.errors]] : [])),
    [
      [15, 2, 0],
      [25, 2, 1],
    ],
  )
  const failed = await sum({ status: '!2xx' })
  assert.deepEqual([failed['requests'], failed['errors'], failed['duration_ms']], [1, 1, undefined])
  assert.equal((await sum({ q: 'OTHER' }))['requests'], 1)
  assert.equal((await sum({}, new Set(['team'])))['requests'], 1, 'a role in a team sees its keys')
  const none = await sum({ from: String(nowMs), to: String(nowMs) })
  assert.deepEqual([none['requests'], none['cost_usd']], [0, '0'])
})

test('a selection is summed up for each provider or target', async (t) => {
  const { store, routes } = open(t)
  const to = (provider: string, model: string, given = {}) => ({ provider, model, ...given })
  const { provider: _, model: __, ...untried } = at(5, 6, { status: 429 })
  store.insert([
    at(30, 1, to('a', 'x', { durationMs: 100, costNanoUsd: 1_000_000 })),
    at(20, 2, to('a', 'y', { durationMs: 900, status: 503 })),
    at(10, 3, to('b', 'x', { durationMs: 5_000, costNanoUsd: 3_000_000 })),
    at(10, 4, to('b', 'x', { durationMs: 5_100, costNanoUsd: 4_000_000 })),
    untried,
  ])
  const groupsBy = async (by: string) => {
    const { body } = await call(routes, '/requests/summary', { by })
    const { requests, groups } = body as { requests: number; groups: Record<string, unknown>[] }
    assert.equal(requests, 5, 'what was not tried is counted, in no group')
    return groups
      .map((one) => [one['provider'], one['model'], one['requests'], one['errors'], one['cost_usd']])
      .toSorted((one, other) => (String(one) < String(other) ? -1 : 1))
  }
  assert.deepEqual(await groupsBy('provider'), [
    ['a', undefined, 2, 1, '0.001'],
    ['b', undefined, 2, 0, '0.007'],
  ])
  assert.deepEqual(await groupsBy('target'), [
    ['a', 'x', 1, 0, '0.001'],
    ['a', 'y', 1, 1, '0'],
    ['b', 'x', 2, 0, '0.007'],
  ])
})

test('a selection is taken along whole, and no spreadsheet runs it', async (t) => {
  const { store, routes } = open(t)
  const formula = '=HYPERLINK("http://evil")'
  store.insert(
    Array.from({ length: 1_200 }, (_, n) =>
      at(30, n, n === 7 ? { user: formula, tags: ['-1+2', 'b'], costNanoUsd: 1_500_000 } : {}),
    ),
  )
  const csv = await textOf(await call(routes, '/requests/export'))
  const lines = csv.trimEnd().split('\r\n')
  assert.equal(lines.length, 1_201)
  assert.match(lines[0]!, /^id,created_at,status,/)
  const line = lines.find((one) => one.includes('HYPERLINK'))!
  assert.ok(line.includes(`"'=HYPERLINK(""http://evil"")"`), line)
  assert.ok(line.includes(`,'-1+2 b,`) && line.includes(',0.0015,'), line)
  const jsonl = await textOf(await call(routes, '/requests/export', { format: 'jsonl', user: '\\=*' }))
  const [row, ...none] = jsonl
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Record<string, unknown>)
  assert.deepEqual([row!['user'], row!['cost_usd'], none.length], [formula, '0.0015', 0])
  const ofTeam = await textOf(await call(routes, '/requests/export', {}, new Set(['team'])))
  assert.equal(ofTeam.split('\r\n').length, 2, 'its head alone')
})
