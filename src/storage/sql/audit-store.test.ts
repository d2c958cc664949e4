/** The audit's chain: whoever edits, deletes, inserts or reorders a record is found at the first bad one. */

import assert from 'node:assert/strict'
import { CompiledQuery } from 'kysely'
import { createTestClock } from '../../../test/support/access.ts'
import { testDatabase, testStore } from '../../../test/support/databases.ts'
import { linkAct, verifyChain } from '../../audit/chain.ts'
import { createAuditLog } from '../../audit/log.ts'
import { createAuditStore } from './audit-store.ts'
import type { Database } from './database.ts'

const act = { org: 'default', actor: 'session', action: 'key.create', object: 'key:a' }

async function fill(database: Database, count: number) {
  const store = createAuditStore(database)
  const log = createAuditLog(store, createTestClock())
  for (let n = 1; n <= count; n++) await log.record({ ...act, object: `key:${n}` })
  return store
}

const run = (database: Database, sql: string) => database.kysely.executeQuery(CompiledQuery.raw(sql))

testStore('a chain that nobody touched is right, and goes on after it is opened again', async (database) => {
  const store = await fill(database, 5)
  const noted = (await store.head()).hash
  await createAuditLog(createAuditStore(database), createTestClock()).record(act)
  const proof = await verifyChain(store, noted)
  assert.deepEqual([proof.records, proof.fault, proof.head.seq], [6, undefined, 6])
  assert.deepEqual(await store.head(), proof.head)
  const page = await store.search({ org: 'default', object: 'key:2', limit: 10 })
  assert.deepEqual(
    page.map(({ seq }) => seq),
    [2],
  )
  assert.deepEqual(await store.search({ org: 'other', limit: 10 }), [])
})

const swap = [
  'update audit_records set seq = -1 where seq = 2',
  'update audit_records set seq = 2 where seq = 3',
  'update audit_records set seq = 3 where seq = -1',
]
const tampering: Readonly<Record<string, { readonly sql: readonly string[]; readonly firstBad: number }>> = {
  'an edited record': { sql: [`update audit_records set body = '{}' where seq = 3`], firstBad: 3 },
  'an edited column': { sql: [`update audit_records set actor = 'nobody' where seq = 4`], firstBad: 4 },
  'an edited hash': { sql: [`update audit_records set hash = previous_hash where seq = 2`], firstBad: 2 },
  'a deleted record': { sql: ['delete from audit_records where seq = 2'], firstBad: 2 },
  'a deleted first record': { sql: ['delete from audit_records where seq = 1'], firstBad: 1 },
  'a cut end': { sql: ['delete from audit_records where seq = 5'], firstBad: 5 },
  'two records changed for each other': { sql: swap, firstBad: 2 },
  'an inserted record': {
    sql: [
      'insert into audit_records select 6, org, at_ms, actor, action, object, body, hash, hash from audit_records where seq = 5',
    ],
    firstBad: 6,
  },
  'a record before the first': {
    sql: [
      'insert into audit_records select 0, org, at_ms, actor, action, object, body, hash, hash from audit_records where seq = 5',
    ],
    firstBad: 1,
  },
}

for (const [name, { sql, firstBad }] of Object.entries(tampering)) {
  testStore(`${name} is named`, async (database) => {
    const store = await fill(database, 5)
    for (const each of sql) await run(database, each)
    assert.equal((await verifyChain(store)).fault?.seq, firstBad)
  })
}

testStore('a record that is well linked, and that no instance has written, is named', async (database) => {
  const store = await fill(database, 5)
  const link = linkAct(act, await store.head(), 1)
  const values = [
    link.org,
    link.atMs,
    link.actor,
    link.action,
    link.object,
    link.body,
    link.previousHash,
    link.hash,
  ]
  const texts = values.map((value) => (typeof value === 'number' ? value : `'${value}'`))
  await run(database, `insert into audit_records values (${link.seq}, ${texts.join(', ')})`)
  assert.equal((await verifyChain(store)).fault?.seq, 6)
})

testStore('a cut end with a forged head is seen by whoever has noted a hash', async (database) => {
  const store = await fill(database, 5)
  const noted = (await store.head()).hash
  await run(database, 'delete from audit_records where seq > 3')
  await run(
    database,
    'update audit_head set seq = 3, hash = (select hash from audit_records where seq = 3) where id = 1',
  )
  assert.equal((await verifyChain(store)).fault, undefined)
  assert.equal((await verifyChain(store, noted)).fault?.seq, 4)
})

testDatabase('instances of one database write one chain', async (place) => {
  const first = await place.open()
  // A file of SQLite belongs to one process; its writers share the connection.
  const databases =
    first.dialect === 'sqlite' ? [first, first] : [first, await place.open(), await place.open()]
  const stores = databases.map(createAuditStore)
  const logs = stores.map((store) => createAuditLog(store, createTestClock()))
  await Promise.all(
    logs.flatMap((log, instance) =>
      Array.from({ length: 10 }, (_, n) => log.record({ ...act, object: `key:${instance}-${n}` })),
    ),
  )
  const proof = await verifyChain(stores[0]!)
  assert.deepEqual([proof.records, proof.fault], [10 * logs.length, undefined])
})

testStore('secrets and long texts are kept as fingerprints', async (database) => {
  const store = createAuditStore(database)
  const after = {
    name: 'a',
    secret: 'canary-1',
    nested: [{ apiKey: 'canary-2' }],
    text: 'canary-3'.repeat(500),
  }
  await createAuditLog(store, createTestClock()).record({ ...act, after })
  const [link] = await store.search({ org: 'default', limit: 1 })
  assert.doesNotMatch(link!.body, /canary/)
  assert.match(link!.body, /"name":"a".*"secret":"sha256:[0-9a-f]{12}"/)
})
