/** The check that the stores' tests run under: a query that forgets whose rows it is about fails. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testStore } from '../support/databases.ts'
import { faultOf } from '../support/scoped-queries.ts'

test('a query says whose rows it is about, by its conditions or by what it inserts', () => {
  const scoped = [
    'select * from "alerts" where "org" = ? and "id" = ?',
    'select "id" from "alerts" where "id" = ? and "alerts"."org" = ?',
    'insert into "alerts" ("org", "id") values (?, ?) on conflict do nothing',
    'delete from "batch_lines" where "batch_id" in (select "id" from "batches" where "org" = ?)',
    'update "api_keys" set "body" = ? where ("org", "id") in ((?, ?))',
    'select "seq" from "access_changes"',
    'pragma page_count',
  ]
  for (const query of scoped) assert.equal(faultOf(query), undefined, query)
})

test('what does not is told by its verb, its table and its columns', () => {
  const unscoped = {
    'select "org" from "payloads" where "id" = ?': 'select payloads by id',
    'select * from "access_users" where "name" like ?': 'select access_users by name',
    'update "payloads" set "org" = ? where "id" = ?': 'update payloads by id',
    'delete from "stored_secrets"': 'delete stored_secrets by nothing',
    'with "due" as (select 1) update "drift_runs" set "verdict" = ? where "id" in (?)':
      'update drift_runs by id',
    'insert into "budgets" ("id") values (?)': 'insert budgets by nothing',
    'select * from ledger where user = ?': 'select ledger by user',
  }
  for (const [query, shape] of Object.entries(unscoped)) assert.equal(faultOf(query), shape)
})

type Tables = { readonly payloads: { readonly id: string; readonly org: string } }

testStore('a store that forgets the organisation fails its test', async (database) => {
  const db = database.kysely.withTables<Tables>()
  const find = db.selectFrom('payloads').selectAll()
  await assert.rejects(find.where('id', '=', 'a').execute(), /names no organisation.*select payloads by id/)
  await assert.rejects(
    database.transaction((transaction) => transaction.withTables<Tables>().deleteFrom('payloads').execute()),
    /delete payloads by nothing/,
  )
  assert.deepEqual(await find.where('org', '=', 'default').where('id', '=', 'a').execute(), [])
})
