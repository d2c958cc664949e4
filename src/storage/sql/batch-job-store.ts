/** The jobs that batches have at providers, and the lines that are in them, in the database. */

import type { JobChange, JobState, JobStore, NativeJob } from '../../batch/native/port.ts'
import type { JobRow } from './batch-rows.ts'
import { type BatchTables, linesPerStatement, open } from './batch-tables.ts'
import type { Database } from './database.ts'

/** When lines that are in a job may be taken by others. */
const never = Number.MAX_SAFE_INTEGER

export function createBatchJobStore(database: Database): JobStore {
  const db = database.kysely.withTables<BatchTables>()
  const openLines = (batchId: string) =>
    db
      .selectFrom('batch_lines')
      .select(['line', 'at_byte as offset', 'bytes'])
      .where('batch_id', '=', batchId)
      .where('state', '=', open)
      .orderBy('line')
  return {
    create(job, lines) {
      return database.transaction(async (untyped) => {
        const transaction = untyped.withTables<BatchTables>()
        await transaction.insertInto('batch_jobs').values(toRow(job)).execute()
        for (let from = 0; from < lines.length; from += linesPerStatement) {
          await transaction
            .updateTable('batch_lines')
            .set({ holder: job.id, due_at_ms: never })
            .where('batch_id', '=', job.batchId)
            .where('line', 'in', lines.slice(from, from + linesPerStatement))
            .where('state', '=', open)
            .where('holder', 'is', null)
            .execute()
        }
      })
    },
    async of(batchId) {
      const query = db.selectFrom('batch_jobs').selectAll().where('batch_id', '=', batchId)
      return (await query.orderBy('id').execute()).map(toJob)
    },
    async change(id, change) {
      await db.updateTable('batch_jobs').set(toColumns(change)).where('id', '=', id).execute()
    },
    remove({ id, batchId }, nowMs) {
      return database.transaction(async (untyped) => {
        const transaction = untyped.withTables<BatchTables>()
        await transaction
          .updateTable('batch_lines')
          .set({ holder: null, due_at_ms: nowMs })
          .where('batch_id', '=', batchId)
          .where('state', '=', open)
          .where('holder', '=', id)
          .execute()
        await transaction.deleteFrom('batch_jobs').where('id', '=', id).execute()
      })
    },
    free(batchId, afterLine, limit) {
      const free = openLines(batchId).where('line', '>', afterLine).where('holder', 'is', null)
      return free.limit(limit).execute()
    },
    held: ({ id, batchId }) => openLines(batchId).where('holder', '=', id).execute(),
  }
}

function toRow(job: NativeJob): JobRow {
  return {
    id: job.id,
    org: job.org,
    batch_id: job.batchId,
    provider: job.provider,
    model: job.model,
    credential: job.credential,
    endpoint: job.endpoint,
    state: job.state,
    remote_id: job.remoteId ?? null,
    lines: job.lines,
    reserved_nano_usd: job.reservedNanoUsd,
    markup_basis_points: job.markupBasisPoints ?? null,
    tries: job.tries,
    is_cancelled: Number(job.isCancelled),
    created_at_ms: job.createdAtMs,
    submitted_at_ms: job.submittedAtMs ?? null,
    due_at_ms: job.dueAtMs,
  }
}

function toJob(row: JobRow): NativeJob {
  return {
    id: row.id,
    org: row.org,
    batchId: row.batch_id,
    provider: row.provider,
    model: row.model,
    credential: row.credential,
    endpoint: row.endpoint,
    state: row.state as JobState,
    lines: row.lines,
    reservedNanoUsd: row.reserved_nano_usd,
    tries: row.tries,
    isCancelled: row.is_cancelled === 1,
    createdAtMs: row.created_at_ms,
    dueAtMs: row.due_at_ms,
    ...(row.markup_basis_points !== null && { markupBasisPoints: row.markup_basis_points }),
    ...(row.remote_id !== null && { remoteId: row.remote_id }),
    ...(row.submitted_at_ms !== null && { submittedAtMs: row.submitted_at_ms }),
  }
}

/** Only those of what changes. */
function toColumns({
  state,
  remoteId,
  tries,
  isCancelled,
  submittedAtMs,
  dueAtMs,
}: JobChange): Partial<JobRow> {
  return {
    ...(state !== undefined && { state }),
    ...(remoteId !== undefined && { remote_id: remoteId }),
    ...(tries !== undefined && { tries }),
    ...(isCancelled !== undefined && { is_cancelled: Number(isCancelled) }),
    ...(submittedAtMs !== undefined && { submitted_at_ms: submittedAtMs }),
    ...(dueAtMs !== undefined && { due_at_ms: Math.ceil(dueAtMs) }),
  }
}
