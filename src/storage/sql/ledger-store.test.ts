/** The shared ledger holds what the journals hold, whatever breaks, comes twice or comes late on the way. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import { readTextFilter } from '../../records/filter.ts'
import { testPostgres } from '../../../test/support/databases.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import type { SharedLedger, UsagePage, UsageQuery, UsageRow } from '../../ledger/port.ts'
import { proveShared } from '../../ledger/shared-proof.ts'
import { Shipper } from '../../ledger/shipper.ts'
import { createJournalWriter } from '../sqlite/journal-writer.ts'
import { createJournal } from '../sqlite/journal.ts'
import { type EntryRow, ledgerMigrations } from '../sqlite/ledger-migrations.ts'
import { createLedgerStore } from '../sqlite/ledger-store.ts'
import { openStore } from '../sqlite/open.ts'
import { createOutbox } from '../sqlite/outbox.ts'
import type { Database } from './database.ts'
import { createSharedLedger } from './ledger-store.ts'

const numRuns = process.env['WEIR_PROVE'] === '1' ? 300 : 6
const november = Date.UTC(2026, 10, 27)
const clock = { nowMs: () => november }

/** A journal in a file, and the way of its lines. */
class Instance {
  readonly #path: string
  readonly #name: string
  readonly #shared: SharedLedger<EntryRow>
  /** What becomes of the next shipment. */
  fault: 'none' | 'lost' | 'unanswered' = 'none'
  written = 0
  charged = 0n
  /** Lines that were told to have come after their month was dropped. */
  late = 0
  #open: ReturnType<typeof openJournal>

  constructor(path: string, name: string, shared: SharedLedger<EntryRow>) {
    this.#path = path
    this.#name = name
    this.#shared = shared
    this.#open = openJournal(path)
  }

  get outbox() {
    return this.#open.outbox
  }

  async settle(count: number, atMs = november): Promise<void> {
    const { journal } = this.#open
    for (let n = 0; n < count; n++) {
      const id = ++this.written
      journal.open(intent(id, `${this.#name}-${id}`, atMs + id))
      journal.settle(settlement(id))
      this.charged += BigInt(300 + id)
    }
    await journal.commit()
  }

  /** An answer of the cache, and a correction: lines without an intent. */
  async enter(): Promise<void> {
    const { journal } = this.#open
    for (const kind of ['cached', 'adjust'] as const) {
      const { inputBound: _, outputBound: __, id, ...line } = intent(++this.written, '', november)
      journal.enter({
        ...line,
        ...settlement(id),
        requestId: `${this.#name}-${id}`,
        kind,
        attempt: 0,
        settledAtMs: november,
        flags: kind === 'cached' ? 64 : 4,
        chargedNanoUsd: kind === 'cached' ? 0 : -7,
        ...(kind === 'cached' && { savedNanoUsd: 11 }),
      })
    }
    this.charged -= 7n
    await journal.commit()
  }

  usage(query: UsageQuery): Promise<UsagePage> {
    return this.#open.store.usage(query)
  }

  ship(): Promise<boolean> {
    const add = async (shipment: Parameters<SharedLedger<EntryRow>['add']>[0]): Promise<number> => {
      const { fault } = this
      this.fault = 'none'
      if (fault === 'lost') throw new Error('it never arrived')
      const late = await this.#shared.add(shipment)
      if (fault === 'unanswered') throw new Error('it arrived, and nobody said so')
      return late
    }
    const onLate = (lines: number) => void (this.late += lines)
    const parts = { outbox: this.outbox, shared: { add }, maxWaiting: 1e9, onState: () => undefined, onLate }
    return new Shipper(parts).ship()
  }

  /** As a kill does: nothing is written any more. */
  crash(): void {
    this.#open.database.close()
    this.#open = openJournal(this.#path)
  }

  async close(): Promise<void> {
    await this.#open.journal.close()
    this.#open.database.close()
  }
}

function openJournal(path: string) {
  const database = openStore(path, ledgerMigrations, systemClock)
  const writer = createJournalWriter(database)
  const journal = createJournal({
    write: (group) => writer.write(group),
    onState: () => undefined,
    onRefused: (why) => assert.fail(why),
  })
  return { database, journal, store: createLedgerStore(database), outbox: createOutbox(database) }
}

function intent(id: number, requestId: string, atMs: number) {
  return {
    id,
    requestId,
    attempt: 1,
    atMs,
    org: 'default',
    keyId: 'k',
    keyName: 'key',
    user: 'u',
    tags: ['a', 'b"c', 'zero \0'],
    dialect: 'openai-chat',
    operation: 'generate',
    stream: id % 2 === 0,
    provider: 'openai',
    model: id % 5 === 0 ? 'zero\0 and half \ud800' : 'm',
    credential: 'key-1',
    inputBound: 100,
    outputBound: 200,
    reservedNanoUsd: 500,
    priceVersion: 'none',
  }
}

function settlement(id: number) {
  return {
    id,
    kind: 'settle' as const,
    atMs: november,
    usage: { inputTokens: 10 + id, outputTokens: 20, reasoningTokens: 4, webSearches: 1 },
    usageSource: 'provider' as const,
    flags: 0,
    providerCostNanoUsd: id === 1 ? Number.MAX_SAFE_INTEGER : 200 + id,
    chargedNanoUsd: 300 + id,
    status: 200,
  }
}

async function empty(database: Database): Promise<void> {
  const shared = createSharedLedger(database, { clock, instance: 'one' })
  await shared.add({ lines: [], prices: [], lastSeq: 0 })
  for (const table of ['ledger', 'ledger_rollups', 'ledger_journals', 'ledger_kept_charges'])
    await sql`delete from ${sql.table(table)}`.execute(database.kysely)
  await sql`update ledger_retention set summed_before_ms = 0, dropped_before_ms = 0`.execute(database.kysely)
}

const reports: readonly UsageQuery['by'][] = [
  [],
  ['hour', 'key'],
  ['day', 'provider'],
  ['user'],
  ['tag', 'team'],
]

/** The reports of the shared ledger are the sums of those of the instances. */
async function compareUsage(shared: SharedLedger<EntryRow>, instances: readonly Instance[]): Promise<void> {
  const wheres = [{}, { key: readTextFilter('!key-1*,key-2'), provider: readTextFilter('o*,claude') }]
  for (const [by, where] of reports.flatMap((by) => wheres.map((where) => [by, where] as const))) {
    const query = { org: 'default', by, fromMs: 0, toMs: 2 * november, where, limit: 1000, offset: 0 }
    const own = new Map<string, UsageRow>()
    const pages = await Promise.all(instances.map((instance) => instance.usage(query)))
    for (const found of pages.flatMap(({ data }) => data.map(withoutLast))) {
      const row = found.tag === undefined ? found : { ...found, tag: found.tag.replace('\0', '\ufffd') }
      const at = keyOf(row)
      own.set(at, added(own.get(at), row))
    }
    const { data } = await shared.usage(query)
    assert.deepEqual(new Map(data.map((row) => [keyOf(row), withoutLast(row)])), own, by.join())
  }
}

/** Lines that are in no sum yet tell their hour, where a sum may tell the day alone. */
function withoutLast({ lastMs: _, ...row }: UsageRow): UsageRow {
  return row
}

function keyOf({ hourMs, dayMs, provider, key, user, tag }: UsageRow): string {
  return [hourMs, dayMs, provider, key, user, tag].join()
}

function added(one: UsageRow | undefined, other: UsageRow): UsageRow {
  if (one === undefined) return other
  const names = new Set(['hourMs', 'dayMs'])
  const sums = Object.entries(other).map(([name, value]) => {
    const before = one[name as keyof UsageRow]
    if (names.has(name) || typeof value === 'string') return [name, value]
    return [name, typeof value === 'bigint' ? value + (before as bigint) : Number(value) + Number(before)]
  })
  return Object.fromEntries(sums) as UsageRow
}

const command = fc.record({
  who: fc.nat(1),
  what: fc.constantFrom('settle', 'enter', 'ship', 'lost', 'unanswered', 'crash'),
  count: fc.integer({ min: 1, max: 700 }),
})

testPostgres('its contents are the union of the journals', async (database) => {
  const folder = createTemporaryFolder()
  const shared = createSharedLedger(database, { clock, instance: 'one' })
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 14 }), async (commands) => {
      run++
      await empty(database)
      const instances = ['a', 'b'].map((name) => {
        return new Instance(join(folder, `${run}-${name}.db`), `${run}-${name}`, shared)
      })
      for (const { who, what, count } of commands) {
        const instance = instances[who]!
        if (what === 'settle') await instance.settle(count)
        else if (what === 'enter') await instance.enter()
        else if (what === 'crash') instance.crash()
        else {
          instance.fault = what === 'ship' ? 'none' : what
          await instance.ship()
        }
      }
      for (const instance of instances) {
        instance.fault = 'none'
        assert.ok(await instance.ship())
        const proof = await proveShared(instance.outbox, shared)
        assert.deepEqual(proof.differences, [])
        assert.deepEqual([proof.compared, proof.waiting], [instance.written, 0])
      }
      const { lines, chargedNanoUsd } = await shared.sums()
      const written = instances.map((instance) => instance.written)
      assert.equal(lines, written[0]! + written[1]!)
      const charged = instances.map(({ charged: own }) => own)
      assert.equal(chargedNanoUsd, charged[0]! + charged[1]!)
      await compareUsage(shared, instances)
      for (const instance of instances) await instance.close()
    }),
    { numRuns },
  )
})

testPostgres('a line that is missing, or that differs, is told', async (database) => {
  const shared = createSharedLedger(database, { clock, instance: 'one' })
  const one = new Instance(join(createTemporaryFolder(), 'ledger.db'), 'r', shared)
  await one.settle(3)
  await one.ship()
  const db = database.kysely.withTables<{ ledger: EntryRow }>()
  await db.deleteFrom('ledger').where('request_id', '=', 'r-1').execute()
  await db.updateTable('ledger').set({ charged_nano_usd: 1 }).where('request_id', '=', 'r-2').execute()
  const { differences } = await proveShared(one.outbox, shared)
  assert.equal(differences.length, 2)
  assert.match(differences[0]!, /r-1 .*does not have it/)
  assert.match(differences[1]!, /r-2 .*charged_nano_usd/)
  await one.close()
})

testPostgres('each month has its partition, and a search goes over all of them', async (database) => {
  const shared = createSharedLedger(database, { clock, instance: 'one', window: 8 })
  const one = new Instance(join(createTemporaryFolder(), 'ledger.db'), 'r', shared)
  for (const month of [-14, -1, 0, 1]) await one.settle(10, Date.UTC(2026, 10 + month, 15))
  await one.ship()
  const rows = await database.kysely
    .withTables<{
      pg_inherits: { inhrelid: number; inhparent: number }
      pg_class: { oid: number; relname: string }
    }>()
    .selectFrom('pg_inherits')
    .innerJoin('pg_class', 'pg_class.oid', 'pg_inherits.inhrelid')
    .where('relname', 'like', 'ledger\\_____\\___')
    .select('relname')
    .orderBy('relname')
    .execute()
  assert.deepEqual(
    rows.map(({ relname }) => relname),
    ['ledger_2025_09', 'ledger_2026_10', 'ledger_2026_11', 'ledger_2026_12', 'ledger_2027_01'],
  )
  const seen: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await shared.search({ org: 'default', tag: 'b"c', limit: 3, ...(cursor && { cursor }) })
    seen.push(...page.data.map(({ requestId }) => requestId))
    cursor = page.nextCursor
  }
  assert.equal(new Set(seen).size, 40)
  assert.equal(seen.length, 40)
  const upward: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const wanted = { org: 'default', tag: 'b"c', limit: 3, order: 'oldest-first' } as const
    const page = await shared.search({ ...wanted, ...(cursor && { cursor }) })
    upward.push(...page.data.map(({ requestId }) => requestId))
    cursor = page.nextCursor
  }
  assert.deepEqual(upward, seen.toReversed())
  assert.equal((await shared.search({ org: 'default', limit: 50, user: 'u' })).data.length, 40)
  assert.equal((await shared.search({ org: 'other', limit: 50 })).data.length, 0)
  await one.close()
})

const september = Date.UTC(2026, 8, 15)
const december = Date.UTC(2026, 11, 1)

async function partitionsOf(database: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'ledger'::regclass
    order by 1`.execute(database.kysely)
  return rows.map(({ name }) => name.replace('ledger_', ''))
}

/** What budgets that are counted anew make of it: by instance, of each kind of subject. */
async function chargesOf(shared: SharedLedger<EntryRow>): Promise<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const scope of ['organisation', 'user', 'tag', 'key', 'model', 'provider'] as const) {
    for (const stepMs of [undefined, 86_400_000]) {
      const query = { scope, fromMs: 0, ...(stepMs !== undefined && { stepMs }) }
      for (const { instance, subject, bucketMs, chargedNanoUsd } of await shared.charges(query)) {
        const at = [scope, instance, subject, bucketMs].join()
        sums[at] = (sums[at] ?? 0) + chargedNanoUsd
      }
    }
  }
  return sums
}

testPostgres(
  'a month that is dropped leaves its sums, and its lines are not counted again',
  async (database) => {
    const folder = createTemporaryFolder()
    const [one, two] = ['one', 'two'].map((name) => {
      return new Instance(
        join(folder, `${name}.db`),
        name,
        createSharedLedger(database, { clock, instance: name, linesPerDrop: 4 }),
      )
    }) as [Instance, Instance]
    const shared = createSharedLedger(database, { clock, instance: 'three', linesPerDrop: 4 })
    await one.settle(9, september)
    await one.settle(2, Date.UTC(2026, 9, 1) - 11) // the last of September, the first of October
    await one.settle(3)
    await one.ship()
    // Two has shipped some of its lines, has heard nothing of others, and has not shipped the rest.
    await two.settle(5, september)
    await two.ship()
    await two.settle(4, september)
    two.fault = 'unanswered'
    assert.ok(!(await two.ship()))
    const before = [await shared.sums(), await chargesOf(shared)]
    assert.deepEqual(await partitionsOf(database), ['2026_09', '2026_10', '2026_11', '2026_12', '2027_01'])

    const dropped = await Promise.all([
      shared.prune(november - 30 * 86_400_000),
      shared.prune(november - 30 * 86_400_000),
    ])
    assert.deepEqual(dropped.flat(), ['2026-09'])
    assert.deepEqual(await shared.prune(november - 30 * 86_400_000), [])
    assert.deepEqual(await partitionsOf(database), ['2026_10', '2026_11', '2026_12', '2027_01'])
    assert.deepEqual([await shared.sums(), await chargesOf(shared)], before)
    assert.equal((await shared.search({ org: 'default', limit: 50 })).data.length, 4)

    // Those that were added already add nothing; the others are counted, and it is told how many they are.
    await two.settle(6, september)
    assert.ok(await two.ship())
    assert.equal(two.late, 6)
    assert.ok(await two.ship())
    assert.equal(two.late, 6)
    await compareUsage(shared, [one, two])
    const { lines, chargedNanoUsd } = await shared.sums()
    assert.equal(lines, one.written + two.written)
    assert.equal(chargedNanoUsd, one.charged + two.charged)
    const charges = await chargesOf(shared)
    assert.equal(charges['organisation,one,default,0'], Number(one.charged))
    assert.equal(charges['organisation,two,default,0'], Number(two.charged))
    assert.deepEqual(await partitionsOf(database), ['2026_10', '2026_11', '2026_12', '2027_01'])
    // What is gone is not looked for.
    for (const instance of [one, two]) {
      const proof = await proveShared(instance.outbox, shared)
      assert.deepEqual([proof.differences, proof.waiting], [[], 0])
    }
    assert.deepEqual(await shared.prune(december), ['2026-10', '2026-11'])
    assert.equal((await shared.search({ org: 'default', limit: 50 })).data.length, 0)
    await compareUsage(shared, [one, two])
    assert.deepEqual(await chargesOf(shared), charges)
    for (const instance of [one, two]) await instance.close()
  },
)

testPostgres('what each instance has charged is summed by what a budget counts', async (database) => {
  await empty(database)
  const folder = createTemporaryFolder()
  const shared = createSharedLedger(database, { clock, instance: 'one' })
  for (const name of ['one', 'two']) {
    const ledger = createSharedLedger(database, { clock, instance: name })
    const instance = new Instance(join(folder, `${name}.db`), name, ledger)
    await instance.settle(2)
    await instance.settle(1, november - 40 * 86_400_000)
    await instance.ship()
    await instance.close()
  }
  const subjects = {
    organisation: ['default'],
    user: ['u'],
    tag: ['a', 'b"c', 'zero \ufffd'],
    key: ['k'],
    team: [],
    route: [],
  }
  for (const [scope, expected] of Object.entries(subjects)) {
    const query = { scope: scope as keyof typeof subjects, fromMs: november - 86_400_000 }
    const charges = await shared.charges(query)
    const told = charges.map((charge) => [charge.instance, charge.subject, charge.chargedNanoUsd])
    const wanted = ['one', 'two'].flatMap((name) => expected.map((subject) => [name, subject, 603]))
    const order = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.join()).toSorted(byText)
    assert.deepEqual(order(told), order(wanted), scope)
  }
  const all = await shared.charges({ scope: 'organisation', fromMs: 0, stepMs: 86_400_000 })
  const days = new Map<string, number>()
  for (const { instance, bucketMs, chargedNanoUsd } of all) {
    const at = `${instance} ${bucketMs}`
    days.set(at, (days.get(at) ?? 0) + chargedNanoUsd)
  }
  assert.deepEqual(
    [...days.values()].toSorted((a, b) => a - b),
    [303, 303, 603, 603],
  )
})

function byText(a: string, b: string): number {
  return a < b ? -1 : 1
}
