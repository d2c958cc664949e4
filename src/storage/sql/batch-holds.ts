/** What lines that are under way may cost, held back in the row of their batch: for all instances together. */

import { sql, type Transaction } from 'kysely'
import {
  type BatchStore,
  type HoldAnswer,
  type HoldAnswers,
  type LineHold,
  openStatuses,
} from '../../batch/port.ts'
import { type BatchRow, type LineRow, toBatch } from './batch-rows.ts'
import { type BatchTables, open } from './batch-tables.ts'
import type { Database } from './database.ts'

/** Who holds of the same batch meanwhile waits for the end of the transaction, and sees what it has held. */
export async function holdLines(
  untyped: Transaction<unknown>,
  dialect: Database['dialect'],
  ...[id, { holder, nowMs }, lines]: Parameters<BatchStore['hold']>
): Promise<HoldAnswers> {
  const transaction = untyped.withTables<BatchTables>()
  const query = transaction.selectFrom('batches').selectAll().where('id', '=', id)
  const row = await (dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirstOrThrow()
  const jobsNanoUsd = row.is_native === 1 ? await heldByJobs(transaction, id) : 0
  const mayHold = openStatuses.some((status) => status === row.status)
  let roomNanoUsd = (row.max_nano_usd ?? Infinity) - row.cost_nano_usd - row.held_nano_usd - jobsNanoUsd
  let heldNanoUsd = 0
  const answers = new Map<number, HoldAnswer>()
  const refused: number[] = []
  for (const { line, nanoUsd } of lines) {
    if (nanoUsd > roomNanoUsd) refused.push(line)
    else if (!mayHold || !(await holdLine(transaction, id, holder, { line, nanoUsd })))
      answers.set(line, 'lost')
    else {
      answers.set(line, 'held')
      roomNanoUsd -= nanoUsd
      heldNanoUsd += nanoUsd
    }
  }
  if (heldNanoUsd > 0) {
    await transaction
      .updateTable('batches')
      .set(({ eb }) => ({ held_nano_usd: eb('held_nano_usd', '+', heldNanoUsd) }))
      .where('id', '=', id)
      .execute()
  }
  if (refused.length > 0) {
    const mayGetRoom = jobsNanoUsd > 0 || (await isHeldByAny(transaction, id, nowMs))
    for (const line of refused) answers.set(line, mayGetRoom ? 'short' : 'never')
  }
  return { answers, batch: toBatch({ ...row, held_nano_usd: row.held_nano_usd + heldNanoUsd }) }
}

/** False where the holder has lost it. */
async function holdLine(
  transaction: Transaction<BatchTables>,
  id: string,
  holder: string,
  { line, nanoUsd }: LineHold,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('batch_lines')
    .set(({ eb }) => ({ held_nano_usd: eb('held_nano_usd', '+', nanoUsd) }))
    .where('batch_id', '=', id)
    .where('line', '=', line)
    .where('state', '=', open)
    .where('holder', '=', holder)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

async function isHeldByAny(
  transaction: Transaction<BatchTables>,
  id: string,
  nowMs: number,
): Promise<boolean> {
  const found = await transaction
    .selectFrom('batch_lines')
    .select('line')
    .where('batch_id', '=', id)
    .where('state', '=', open)
    .where('due_at_ms', '>', nowMs)
    .where('held_nano_usd', '>', 0)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

async function heldByJobs(transaction: Transaction<BatchTables>, id: string): Promise<number> {
  const { held } = await transaction
    .selectFrom('batch_jobs')
    .select(({ fn }) => fn.sum<number | null>('reserved_nano_usd').as('held'))
    .where('batch_id', '=', id)
    .executeTakeFirstOrThrow()
  return held ?? 0
}

/** Of lines that a holder has just taken: who had them before has ended, or lost them, and may have spent what it held. */
export async function chargeHeld(
  untyped: Transaction<unknown>,
  id: string,
  holder: string,
  lines: readonly Pick<LineRow, 'line' | 'held_nano_usd'>[],
): Promise<void> {
  const transaction = untyped.withTables<BatchTables>()
  let charged = 0
  for (const { line, held_nano_usd: held } of lines) {
    const { numUpdatedRows } = await transaction
      .updateTable('batch_lines')
      .set({ held_nano_usd: 0 })
      .where('batch_id', '=', id)
      .where('line', '=', line)
      .where('state', '=', open)
      .where('holder', '=', holder)
      .where('held_nano_usd', '=', held)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n) charged += held
  }
  await moveHeld(untyped, id, { spent: charged, held: charged })
}

/** Lines hold so much less, and have spent so much. Gives the batch as it is then; undefined where it has ended. */
export function moveHeld(
  untyped: Transaction<unknown>,
  id: string,
  { spent, held }: { readonly spent: number; readonly held: number },
): Promise<BatchRow | undefined> {
  return untyped
    .withTables<BatchTables>()
    .updateTable('batches')
    .set(({ eb }) => ({
      cost_nano_usd: eb('cost_nano_usd', '+', spent),
      held_nano_usd: eb('held_nano_usd', '-', held),
    }))
    .where('id', '=', id)
    .where('status', 'in', openStatuses)
    .returningAll()
    .executeTakeFirst()
}

/** At the end of a batch: nobody will say any more that it was less. */
export const heldIsSpent = {
  cost_nano_usd: sql<number>`cost_nano_usd + held_nano_usd`,
  held_nano_usd: 0,
}
