/** The rows of lines: made as a batch begins, read in their order as it ends, and deleted after that. */

import { type BatchStore, type LinePlace, openStatuses } from '../../batch/port.ts'
import { noLine, toLineState } from './batch-rows.ts'
import { type BatchTables, linesPerStatement } from './batch-tables.ts'
import type { Database } from './database.ts'

export function createBatchLines({
  kysely,
}: Database): Pick<BatchStore, 'addLines' | 'lines' | 'removeLines' | 'endedWithLines'> {
  const db = kysely.withTables<BatchTables>()
  return {
    async addLines(id, lines) {
      const batch = db.selectFrom('batches').select('org').where('id', '=', id)
      const { org } = await batch.executeTakeFirstOrThrow()
      const toRow = ({ line, offset, bytes }: LinePlace) => ({
        ...noLine,
        org,
        batch_id: id,
        line,
        at_byte: offset,
        bytes,
      })
      for (let from = 0; from < lines.length; from += linesPerStatement) {
        await db
          .insertInto('batch_lines')
          .values(lines.slice(from, from + linesPerStatement).map(toRow))
          .onConflict((conflict) => conflict.columns(['batch_id', 'line']).doNothing())
          .execute()
      }
    },
    async lines(id, afterLine, limit) {
      const query = db.selectFrom('batch_lines').selectAll().where('batch_id', '=', id)
      const rows = await query.where('line', '>', afterLine).orderBy('line').limit(limit).execute()
      return rows.map(toLineState)
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
  }
}
