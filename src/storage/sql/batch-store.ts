/** Batches and the lines they are made of, in the database: who has which line, and the one result of each. */

import { type Transaction, sql } from 'kysely'
import {
  type Batch,
  type BatchStore,
  type Claim,
  type Deferral,
  type DueBatch,
  type Lease,
  openStatuses,
  type SettledLine,
  singleDialects,
  suspectAfter,
} from '../../batch/port.ts'
import { chargeHeld, heldIsSpent, holdLines, moveHeld } from './batch-holds.ts'
import {
  type BatchRow,
  type DeliveryRow,
  type LineRow,
  lineStates,
  toBatch,
  toBatchRow,
  toChangedColumns,
  toClaim,
  toDeliveryRow,
  toLineState,
} from './batch-rows.ts'
import type { Database } from './database.ts'

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type BatchTables = {
  readonly batches: BatchRow
  readonly batch_lines: LineRow
  readonly batch_deliveries: DeliveryRow
  readonly batch_jobs: { readonly id: string; readonly batch_id: string }
}

/** Written out, because a bound value finds no partial index. */
const open = sql.lit(lineStates.open)
const linesPerStatement = 500

export function createBatchStore(database: Database): BatchStore {
  const db = database.kysely.withTables<BatchTables>()
  /**
   * Lines that may be taken: two instances that ask at once get different ones. What the holder has itself is under way
   * there, though its lease has ended.
   */
  const dueLines = (id: string, { holder, nowMs }: Lease) =>
    db
      .selectFrom('batch_lines')
      .select('line')
      .where('batch_id', '=', id)
      .where('state', '=', open)
      .where('due_at_ms', '<=', nowMs)
      .where(({ eb, or }) => or([eb('holder', 'is', null), eb('holder', '!=', holder)]))
  type DueLines = ReturnType<typeof dueLines>
  const claimDue = async (due: DueLines, id: string, lease: Lease): Promise<readonly Claim[]> => {
    const { holder, nowMs, leaseMs } = lease
    const rows = await db
      // As a table of its own: PostgreSQL may run a subquery several times, and each time find others unlocked.
      .with('due', () => (database.dialect === 'postgres' ? due.forUpdate().skipLocked() : due))
      .updateTable('batch_lines')
      .set({
        holder,
        due_at_ms: nowMs + leaseMs,
        // Who had it has neither settled it nor given it back.
        crashes: sql`crashes + case when holder is null then 0 else 1 end`,
      })
      .where('batch_id', '=', id)
      .where('line', 'in', ({ selectFrom }) => selectFrom('due').select('due.line'))
      // Asked again once the row is held: another instance may have taken it.
      .where('state', '=', open)
      .where('due_at_ms', '<=', nowMs)
      .returningAll()
      .execute()
    const thatHold = rows.filter(({ held_nano_usd: held }) => held > 0)
    if (thatHold.length > 0)
      await database.transaction((untyped) => chargeHeld(untyped, id, holder, thatHold))
    return rows.map(toClaim).toSorted((a, b) => a.line - b.line)
  }
  return {
    async create(batch) {
      await db.insertInto('batches').values(toBatchRow(batch)).execute()
    },
    async get(org, id) {
      const query = db.selectFrom('batches').selectAll().where('org', '=', org).where('id', '=', id)
      const row = await query.executeTakeFirst()
      return row && toBatch(row)
    },
    async list({ org, keyId, dialect, status, limit, after, before }) {
      let query = db.selectFrom('batches').selectAll().where('org', '=', org)
      if (keyId !== undefined) query = query.where('key_id', '=', keyId)
      if (dialect !== undefined) query = query.where('dialect', '=', dialect)
      if (status !== undefined) query = query.where('status', '=', status)
      if (after !== undefined) query = query.where('id', '<', after)
      if (before !== undefined) {
        const behind = await query.where('id', '>', before).orderBy('id', 'asc').limit(limit).execute()
        return behind.map(toBatch).toReversed()
      }
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toBatch)
    },
    async openSingles({ org, keyId }, limit) {
      const rows = await db
        .selectFrom('batches')
        .select('id')
        .where('org', '=', org)
        .where('key_id', '=', keyId)
        .where('status', 'in', openStatuses)
        .where('dialect', 'in', singleDialects)
        .limit(limit)
        .execute()
      return rows.length
    },
    async open(folder) {
      const query = db.selectFrom('batches').selectAll().where('status', 'in', openStatuses)
      return (await query.where('folder', '=', folder).orderBy('id').execute()).map(toBatch)
    },
    change(id, from, change, receivers) {
      return database.transaction(async (untyped) => {
        const transaction = untyped.withTables<BatchTables>()
        const columns = toChangedColumns(change)
        const row = await transaction
          .updateTable('batches')
          .set(change.endedAtMs === undefined ? columns : { ...columns, ...heldIsSpent })
          .where('id', '=', id)
          .where('status', 'in', from)
          .returningAll()
          .executeTakeFirst()
        if (row && receivers && receivers.names.length > 0) {
          const deliveries = receivers.names.map((name) => toDeliveryRow(row, name, receivers.nowMs))
          await transaction.insertInto('batch_deliveries').values(deliveries).execute()
        }
        return row && toBatch(row)
      })
    },
    async lead(id, { holder, nowMs, leaseMs }) {
      const row = await db
        .updateTable('batches')
        .set({ leader: holder, led_until_ms: nowMs + leaseMs })
        .where('id', '=', id)
        .where(({ eb, or }) => or([eb('led_until_ms', '<=', nowMs), eb('leader', '=', holder)]))
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
    async delete(id) {
      await db.deleteFrom('batches').where('id', '=', id).execute()
    },
    async addLines(id, lines) {
      const { org } = await db
        .selectFrom('batches')
        .select('org')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      for (let from = 0; from < lines.length; from += linesPerStatement) {
        const rows = lines.slice(from, from + linesPerStatement).map(({ line, offset, bytes }) => ({
          ...noLine,
          org,
          batch_id: id,
          line,
          at_byte: offset,
          bytes,
        }))
        await db
          .insertInto('batch_lines')
          .values(rows)
          .onConflict((conflict) => conflict.columns(['batch_id', 'line']).doNothing())
          .execute()
      }
    },
    async removeLines(id, limit) {
      const some = db.selectFrom('batch_lines').select('line').where('batch_id', '=', id).limit(limit)
      const query = db.deleteFrom('batch_lines').where('batch_id', '=', id).where('line', 'in', some)
      return Number((await query.executeTakeFirstOrThrow()).numDeletedRows)
    },
    async endedWithLines(folder) {
      const rows = await db
        .selectFrom('batches')
        .select('id')
        .where('folder', '=', folder)
        .where('status', 'not in', openStatuses)
        .where(({ exists, selectFrom }) =>
          exists(selectFrom('batch_lines').select('line').whereRef('batch_id', '=', 'batches.id')),
        )
        .execute()
      return rows.map(({ id }) => id)
    },
    async claim(id, limit, lease, among) {
      if (among?.length === 0) return []
      const due = dueLines(id, lease).where('crashes', '<', suspectAfter)
      const next =
        among === undefined
          ? due.orderBy('due_at_ms').orderBy('line')
          : // In the order of their numbers: by the order of time, all that are due would be looked at.
            due.where('line', 'in', among).orderBy('line')
      return claimDue(next.limit(limit), id, lease)
    },
    async claimSuspects(id, limit, lease, { crashes, orMore }) {
      const due = dueLines(id, lease).where('crashes', orMore ? '>=' : '=', crashes)
      return claimDue(due.orderBy('crashes').orderBy('line').limit(limit), id, lease)
    },
    async findDue(ids, nowMs) {
      const found: DueBatch[] = []
      for (let from = 0; from < ids.length; from += linesPerStatement) {
        const rows = await db
          .selectFrom('batch_lines')
          .select(({ fn }) => ['batch_id as id', fn.min('crashes').as('fewestCrashes')])
          .where('batch_id', 'in', ids.slice(from, from + linesPerStatement))
          .where('state', '=', open)
          .where('due_at_ms', '<=', nowMs)
          .groupBy('batch_id')
          .execute()
        found.push(...rows)
      }
      return found
    },
    async extend(ids, { holder, nowMs, leaseMs }) {
      if (ids.length === 0) return
      await db
        .updateTable('batch_lines')
        .set({ due_at_ms: nowMs + leaseMs })
        .where('batch_id', 'in', ids)
        .where('state', '=', open)
        .where('holder', '=', holder)
        .execute()
    },
    giveBack(id, holder, lines) {
      return database.transaction((untyped) => giveBack(untyped, id, holder, lines))
    },
    async giveBackOthers(id, { holder, nowMs }, lines) {
      const query = db
        .updateTable('batch_lines')
        .set({ holder: null, due_at_ms: nowMs })
        .where('batch_id', '=', id)
        .where('state', '=', open)
        .where('holder', '=', holder)
      await (lines.length > 0 ? query.where('line', 'not in', lines) : query).execute()
    },
    hold(id, lease, lines) {
      return database.transaction((untyped) => holdLines(untyped, database.dialect, id, lease, lines))
    },
    async releaseAll(holder, nowMs) {
      const batches = db.selectFrom('batches').select('id').where('status', 'in', openStatuses)
      await db
        .updateTable('batch_lines')
        .set({ holder: null, due_at_ms: nowMs, crashes: sql`crashes + 1` })
        .where('batch_id', 'in', batches)
        .where('state', '=', open)
        .where('holder', '=', holder)
        .execute()
    },
    async underWay(id, nowMs) {
      const { lines } = await db
        .selectFrom('batch_lines')
        .select(({ fn }) => fn.countAll<number>().as('lines'))
        .where('batch_id', '=', id)
        .where('state', '=', open)
        .where('due_at_ms', '>', nowMs)
        .where('holder', 'is not', null)
        .executeTakeFirstOrThrow()
      return lines
    },
    async due(id, nowMs, limit) {
      const query = db.selectFrom('batch_lines').select('line').where('batch_id', '=', id)
      const due = query
        .where('state', '=', open)
        .where('due_at_ms', '<=', nowMs)
        .where('crashes', '<', suspectAfter)
      return (await due.orderBy('due_at_ms').orderBy('line').limit(limit).execute()).map(({ line }) => line)
    },
    settle(id, holder, lines, nowMs) {
      return database.transaction((untyped) =>
        settle(untyped.withTables<BatchTables>(), id, holder, lines, nowMs),
      )
    },
    async lines(id, afterLine, limit) {
      const query = db.selectFrom('batch_lines').selectAll().where('batch_id', '=', id)
      const rows = await query.where('line', '>', afterLine).orderBy('line').limit(limit).execute()
      return rows.map(toLineState)
    },
    async endOfPart(id, part) {
      const { end } = await db
        .selectFrom('batch_lines')
        .select(sql<number | null>`max(result_at_byte + result_bytes)`.as('end'))
        .where('batch_id', '=', id)
        .where('result_part', '=', part)
        .executeTakeFirstOrThrow()
      return end ?? 0
    },
  }
}

const noLine = {
  state: lineStates.open,
  due_at_ms: 0,
  holder: null,
  tries: 0,
  crashes: 0,
  held_nano_usd: 0,
  result_part: null,
  result_at_byte: null,
  result_bytes: null,
}

/** Who has lost a line gives nothing back: what it held was charged when another took it. */
async function giveBack(
  untyped: Transaction<unknown>,
  id: string,
  holder: string,
  lines: readonly Deferral[],
): Promise<Batch | undefined> {
  const transaction = untyped.withTables<BatchTables>()
  let spent = 0
  let held = 0
  for (const { line, dueAtMs, tries, spentNanoUsd = 0 } of lines) {
    const row = await transaction
      .updateTable('batch_lines')
      .set({ holder: null, due_at_ms: dueAtMs, tries })
      .where('batch_id', '=', id)
      .where('line', '=', line)
      .where('state', '=', open)
      .where('holder', '=', holder)
      .returning('held_nano_usd')
      .executeTakeFirst()
    if (!row) continue
    spent += spentNanoUsd
    if (row.held_nano_usd === 0) continue
    held += row.held_nano_usd
    await transaction
      .updateTable('batch_lines')
      .set({ held_nano_usd: 0 })
      .where('batch_id', '=', id)
      .where('line', '=', line)
      .execute()
  }
  if (spent === 0 && held === 0) return undefined
  const row = await moveHeld(untyped, id, { spent, held })
  return row && toBatch(row)
}

async function settle(
  transaction: Transaction<BatchTables>,
  id: string,
  holder: string,
  lines: readonly SettledLine[],
  nowMs: number,
): Promise<Batch> {
  const before = await transaction
    .selectFrom('batches')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  // A result that comes after the end is too late: the lines may be gone.
  if (!openStatuses.some((status) => status === before.status)) return toBatch(before)
  const first = await settleLines(transaction, id, lines)
  const settled = lines.filter(({ line }) => first.has(line))
  const money = await moneyOf(transaction, before, holder, settled, first)
  const failed = settled.filter(({ isError }) => isError).length
  const sumOf = (part: (line: SettledLine) => number) => settled.reduce((sum, line) => sum + part(line), 0)
  const row = await transaction
    .updateTable('batches')
    .set(({ eb }) => ({
      completed: eb('completed', '+', settled.length - failed),
      failed: eb('failed', '+', failed),
      cost_nano_usd: eb('cost_nano_usd', '+', money.spent),
      held_nano_usd: eb('held_nano_usd', '-', money.held),
      input_tokens: eb(
        'input_tokens',
        '+',
        sumOf(({ usage }) => usage.inputTokens),
      ),
      cache_read_tokens: eb(
        'cache_read_tokens',
        '+',
        sumOf(({ usage }) => usage.cacheReadTokens),
      ),
      output_tokens: eb(
        'output_tokens',
        '+',
        sumOf(({ usage }) => usage.outputTokens),
      ),
      reasoning_tokens: eb(
        'reasoning_tokens',
        '+',
        sumOf(({ usage }) => usage.reasoningTokens),
      ),
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  if (row.status !== 'in_progress' || row.completed + row.failed < row.total) return toBatch(row)
  const last = await transaction
    .updateTable('batches')
    .set({ status: 'finalizing', finalizing_at_ms: nowMs })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toBatch(last)
}

type Taken = ReadonlyMap<number, Pick<LineRow, 'holder' | 'held_nano_usd'>>

/**
 * What lines have cost, and hold no more. Where the batch has a bound, and another instance has taken a line meanwhile, what
 * it held was charged then, and what it holds now stays held: the other's calls are under way, and their result comes too
 * late.
 */
async function moneyOf(
  transaction: Transaction<BatchTables>,
  { id, max_nano_usd: most, is_native: isNative }: BatchRow,
  holder: string,
  settled: readonly SettledLine[],
  taken: Taken,
): Promise<{ readonly spent: number; readonly held: number }> {
  const spentOf = (lines: readonly SettledLine[]) => lines.reduce((sum, line) => sum + line.costNanoUsd, 0)
  if (most === null) return { spent: spentOf(settled), held: 0 }
  const query = transaction.selectFrom('batch_jobs').select('id').where('batch_id', '=', id)
  const jobs = isNative === 1 ? (await query.execute()).map((job) => job.id) : []
  const holders = new Set<string | null>([holder, ...jobs])
  const own = settled.filter(({ line }) => holders.has(taken.get(line)!.holder))
  const held = own.reduce((sum, { line }) => sum + taken.get(line)!.held_nano_usd, 0)
  return { spent: spentOf(own), held }
}

/**
 * One statement for all: an insert that finds every line there, and changes those without a result. Gives these by their
 * numbers, with who had them and what they held.
 */
async function settleLines(
  transaction: Transaction<BatchTables>,
  id: string,
  lines: readonly SettledLine[],
): Promise<Taken> {
  const rows = lines.map(({ line, isError, part, offset, bytes }) => ({
    ...noLine,
    org: '',
    batch_id: id,
    line,
    at_byte: 0,
    bytes: 0,
    state: isError ? lineStates.failed : lineStates.answered,
    result_part: part,
    result_at_byte: offset,
    result_bytes: bytes,
  }))
  const changed = await transaction
    .insertInto('batch_lines')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['batch_id', 'line'])
        .doUpdateSet(({ ref }) => ({
          state: ref('excluded.state'),
          result_part: ref('excluded.result_part'),
          result_at_byte: ref('excluded.result_at_byte'),
          result_bytes: ref('excluded.result_bytes'),
        }))
        .where('batch_lines.state', '=', open),
    )
    .returning(['line', 'holder', 'held_nano_usd'])
    .execute()
  return new Map(changed.map((row) => [row.line, row]))
}
