/** What the holder of lines does with them: prolongs them, gives them back, and holds back what they may cost. */

import { sql, type Transaction } from 'kysely'
import { type Batch, type BatchStore, type Deferral, openStatuses } from '../../batch/port.ts'
import { holdLines, moveHeld } from './batch-holds.ts'
import { toBatch } from './batch-rows.ts'
import { type BatchTables, open } from './batch-tables.ts'
import type { Database } from './database.ts'

export function createBatchLeases(
  database: Database,
): Pick<BatchStore, 'extend' | 'giveBack' | 'giveBackOthers' | 'releaseAll' | 'hold'> {
  const db = database.kysely.withTables<BatchTables>()
  return {
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
    hold(id, lease, lines) {
      return database.transaction((untyped) => holdLines(untyped, database.dialect, id, lease, lines))
    },
  }
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
