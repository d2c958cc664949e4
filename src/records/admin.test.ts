/** The record routes against a real store: what a caller of the administration API sends and gets. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createRequestRecord } from '../../test/support/request-record.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { ownerCaller } from '../admin/policy.ts'
import type { AdminRoute } from '../admin/route.ts'
import { systemClock } from '../core/clock.ts'
import { asArray, asObject, type JsonObject } from '../core/json.ts'
import { openStore } from '../storage/sqlite/open.ts'
import { createReader } from '../storage/sqlite/reader.ts'
import { recordMigrations } from '../storage/sqlite/record-migrations.ts'
import { createRecordRanking } from '../storage/sqlite/record-ranking.ts'
import { createRecordStore } from '../storage/sqlite/record-store.ts'
import { recordRoutes } from './admin.ts'
import type { RecordStore } from './port.ts'

function open(t: TestContext, window?: number): { store: RecordStore; routes: readonly AdminRoute[] } {
  const path = join(createTemporaryFolder(), 'records.db')
  const database = openStore(path, recordMigrations, systemClock)
  const reader = createReader(path)
  t.after(async () => {
    await reader.close()
    database.close()
  })
  const store = createRecordStore(database, { window })
  const parts = { store, ranking: createRecordRanking(reader), retentionDays: () => 30 }
  const keysOfTeams = (_: string, teams: ReadonlySet<string>) => new Set(teams.has('team-1') ? ['key-1'] : [])
  return { store, routes: recordRoutes({ ...parts, keysOfTeams }) }
}

/** Calls a row as the HTTP side does: checks the query, runs it, holds the reply against its own schema. */
async function call(
  routes: readonly AdminRoute[],
  path: string,
  query: Record<string, string> = {},
  params: Record<string, string> = {},
): Promise<JsonObject> {
  const route = routes.find((one) => one.path === path)
  assert.ok(route)
  const read = route.query?.parse(query) ?? {}
  const { body } = await route.run({
    org: 'default',
    actor: 'test',
    caller: ownerCaller('test'),
    requestId: 'r1',
    form: async function* () {},
    params,
    query: read,
    body: undefined,
  })
  const sent = JSON.parse(JSON.stringify(body)) as JsonObject
  assert.deepEqual(route.response?.parse(sent), sent) // nothing that the schema does not name
  return sent
}

test('a record is shown whole, in the names of the API', async (t) => {
  const { store, routes } = open(t)
  const record = createRequestRecord(Date.UTC(2026, 0, 2, 3, 4, 5, 678), {
    user: 'u1',
    session: 's1',
    tags: ['a'],
    dropped: ['top_k'],
    usage: { inputTokens: 5, outputTokens: 6, cacheWrite1hTokens: 3, cacheReadTokens: 0 },
  })
  store.insert([record])
  const detail = await call(routes, '/requests/{id}', {}, { id: record.id })
  const { attempts, ...summary } = detail
  assert.deepEqual(summary, {
    id: record.id,
    created_at: '2026-01-02T03:04:05.678Z',
    dialect: 'openai-chat',
    operation: 'generate',
    requested_model: 'assistant',
    route: 'assistant',
    provider: 'openai',
    model: 'gpt-5.6-mini',
    key_id: 'key-1',
    key_name: 'ci',
    user: 'u1',
    session: 's1',
    tags: ['a'],
    stream: true,
    status: 200,
    duration_ms: 1234.5,
    first_token_ms: 201.25,
    overhead_ms: 0.5,
    usage: { input_tokens: 5, output_tokens: 6, cache_write_1h_tokens: 3, cache_read_tokens: 0 },
    dropped: ['top_k'],
    finish: 'stop',
    client_gone: false,
    attempt_count: 1,
  })
  assert.deepEqual(attempts, [
    {
      n: 1,
      provider: 'openai',
      model: 'gpt-5.6-mini',
      started_ms: 0.25,
      headers_ms: 120.5,
      first_token_ms: 201,
      ended_ms: 1234.25,
      status: 200,
      usage: { input_tokens: 10, output_tokens: 200, native: { total_tokens: 210 } },
      upstream_request_id: 'chatcmpl-abcdefghijkl',
      dropped: [],
    },
  ])
  assert.deepEqual((await call(routes, '/requests'))['data'], [summary])
})

test('a search takes every parameter of the API, and pages through', async (t) => {
  const { store, routes } = open(t, 4)
  const wanted = {
    user: 'u1',
    session: 's1',
    tags: ['t1'],
    status: 503,
    code: 'upstream_overloaded' as const,
  }
  store.insert(Array.from({ length: 40 }, (_, n) => createRequestRecord(n, n % 5 === 0 ? wanted : {})))
  const query = {
    from: '1970-01-01T00:00:00.005Z',
    to: '36',
    route: 'assistant',
    model: 'gpt-5.6-mini',
    provider: 'openai',
    key: 'ci',
    user: 'u1',
    session: 's1',
    status: '5xx',
    code: 'upstream_overloaded',
    tag: 't1',
    dialect: 'openai-chat',
    limit: '4',
  }
  const first = await call(routes, '/requests', query)
  const times = (page: JsonObject): unknown[] =>
    asArray(page['data']).map((row) => Date.parse(String(asObject(row)?.['created_at'])))
  assert.deepEqual(times(first), [35, 30, 25, 20])
  const second = await call(routes, '/requests', { ...query, cursor: String(first['next_cursor']) })
  assert.deepEqual(times(second), [15, 10, 5])
  assert.equal(second['next_cursor'], undefined)
})

test('a page is full although each step of the store sees only a few records', async (t) => {
  const { store, routes } = open(t, 3)
  store.insert(
    Array.from({ length: 90 }, (_, n) => createRequestRecord(n, n % 30 === 0 ? { route: 'rare' } : {})),
  )
  const page = await call(routes, '/requests', { route: 'rare' })
  assert.equal(asArray(page['data']).length, 3)
  assert.equal(page['next_cursor'], undefined)
})

test('parameters that are unknown or out of range are refused', (t) => {
  const { routes } = open(t)
  const schema = routes.find((one) => one.path === '/requests')?.query
  assert.ok(schema)
  const bad: Record<string, string>[] = [
    { limit: '0' },
    { limit: '1001' },
    { limit: 'ten' },
    { status: '600' },
    { status: '5x' },
    { from: 'yesterday' },
    { from: '2026-01-01' },
    { cost_gt: 'much' },
    { ms_gt: '-1' },
    { q: '' },
    { status: '200,' },
    { colour: 'blue' },
  ]
  for (const query of bad) assert.equal(schema.safeParse(query).success, false, JSON.stringify(query))
  assert.equal(
    schema.safeParse({ limit: '1000', status: '!404,5xx', cost_gt: '0.5', from: '2026-01-01T00:00:00+02:00' })
      .success,
    true,
  )
})

test('an unknown request is not found', async (t) => {
  const { routes } = open(t)
  await assert.rejects(call(routes, '/requests/{id}', {}, { id: 'req_x' }), { code: 'not_found' })
})

test('the neighbours of a request are those of its search', async (t) => {
  const { store, routes } = open(t, 3)
  const records = Array.from({ length: 40 }, (_, n) =>
    createRequestRecord(n, { atMs: 1_000 + Math.floor(n / 2), ...(n % 10 === 5 && { status: 503 }) }),
  )
  store.insert(records)
  const beside = (n: number, query: Record<string, string> = {}) =>
    call(routes, '/requests/{id}/neighbours', query, { id: records[n]!.id })
  const id = (n: number) => records[n]!.id
  assert.deepEqual(await beside(5), { newer: id(6), older: id(4) })
  assert.deepEqual(await beside(5, { status: '5xx' }), { newer: id(15) })
  assert.deepEqual(await beside(20, { status: '5xx' }), { newer: id(25), older: id(15) })
  assert.deepEqual(await beside(39), { older: id(38) })
  await assert.rejects(call(routes, '/requests/{id}/neighbours', {}, { id: 'req_x' }), { code: 'not_found' })
})

test('records are told by what they cost and how long they took, page by page', async (t) => {
  const { store, routes } = open(t)
  const costs = [3, 1, undefined, 3, 2, 0]
  store.insert(
    costs.map((cost, index) =>
      createRequestRecord(index, {
        durationMs: 100.125 * ((index * 5) % 6),
        ...(cost !== undefined && { costNanoUsd: cost }),
      }),
    ),
  )
  const all = async (sort: string): Promise<string[]> => {
    const told: string[] = []
    let cursor: string | undefined
    do {
      const page = await call(routes, '/requests', {
        sort,
        limit: '2',
        ...(cursor !== undefined && { cursor }),
      })
      told.push(...asArray(page['data']).map((row) => String(Number(String(asObject(row)?.['id']).slice(4)))))
      cursor = page['next_cursor'] as string | undefined
    } while (cursor !== undefined)
    return told
  }
  assert.deepEqual(await all('-cost'), ['3', '0', '4', '1', '5'])
  assert.deepEqual(await all('cost'), ['5', '1', '4', '0', '3'])
  assert.deepEqual(await all('-duration'), ['1', '2', '3', '4', '5', '0'])
  assert.deepEqual(await all('duration'), ['0', '5', '4', '3', '2', '1'])
  assert.deepEqual(await all('time'), ['0', '1', '2', '3', '4', '5'])
  await assert.rejects(call(routes, '/requests', { sort: '-cost', cursor: '1.2' }), {
    code: 'invalid_request',
  })
})

test("a team's requests are those of its keys", async (t) => {
  const { store, routes } = open(t)
  store.insert([createRequestRecord(1), createRequestRecord(2, { keyId: 'key-2', keyName: 'other' })])
  const keysOf = async (team: string) =>
    asArray((await call(routes, '/requests', { team }))['data']).map((row) => asObject(row)?.['key_id'])
  assert.deepEqual(await keysOf('team-1'), ['key-1'])
  assert.deepEqual(await keysOf('team-2'), [])
})
