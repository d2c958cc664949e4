/** The one result of each line, the first that comes, and what a batch has done and cost by it. */

import { sql, type Transaction } from 'kysely'
import {
  type Batch,
  type BatchStore,
  type BatchUsage,
  openStatuses,
  type SettledLine,
} from '../../batch/port.ts'
import { type BatchRow, type LineRow, lineStates, noLine, toBatch } from './batch-rows.ts'
import { type BatchTables, open } from './batch-tables.ts'
import type { Database } from './database.ts'

export function createBatchResults(database: Database): Pick<BatchStore, 'settle' | 'endOfPart'> {
  const db = database.kysely.withTables<BatchTables>()
  return {
    settle(id, holder, lines, nowMs) {
      return database.transaction((untyped) =>
        settle(untyped.withTables<BatchTables>(), id, holder, lines, nowMs),
      )
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

async function settle(
  transaction: Transaction<BatchTables>,
  ...[id, holder, lines, nowMs]: Parameters<BatchStore['settle']>
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
  const money = await moneyOf(transaction, before, { holder, settled, taken: first })
  const failed = settled.filter(({ isError }) => isError).length
  const row = await transaction
    .updateTable('batches')
    .set({
      completed: plus('completed', settled.length - failed),
      failed: plus('failed', failed),
      cost_nano_usd: plus('cost_nano_usd', money.spent),
      held_nano_usd: plus('held_nano_usd', -money.held),
      ...usageWith(settled),
    })
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

function usageWith(settled: readonly SettledLine[]) {
  const sumOf = (name: keyof BatchUsage) => settled.reduce((sum, { usage }) => sum + usage[name], 0)
  return {
    input_tokens: plus('input_tokens', sumOf('inputTokens')),
    cache_read_tokens: plus('cache_read_tokens', sumOf('cacheReadTokens')),
    output_tokens: plus('output_tokens', sumOf('outputTokens')),
    reasoning_tokens: plus('reasoning_tokens', sumOf('reasoningTokens')),
  }
}

function plus(column: keyof BatchRow, amount: number) {
  return sql<number>`${sql.ref(column)} + ${amount}`
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
  { holder, settled, taken }: { holder: string; settled: readonly SettledLine[]; taken: Taken },
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
