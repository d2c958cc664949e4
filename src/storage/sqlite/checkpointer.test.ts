/** Checkpoints happen beside the writers. */

import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { until } from '../../../test/support/until.ts'
import { createRequestRecord } from '../../../test/support/request-record.ts'
import { createCheckpointer } from './checkpointer.ts'
import { openStore } from './open.ts'
import { recordMigrations } from './record-migrations.ts'
import { createRecordStore } from './record-store.ts'

test('the log is moved into the database beside the writers, and begins anew', async (t) => {
  const path = join(createTemporaryFolder(), 'records.db')
  const database = openStore(path, recordMigrations, systemClock)
  const checkpointer = createCheckpointer(database)
  t.after(async () => {
    await checkpointer.close()
    database.close()
  })
  const store = createRecordStore(database, { checkpointer })
  let written = 0
  const write = (count: number) =>
    store.insert(Array.from({ length: count }, () => createRequestRecord(written++)))
  /** https://www.sqlite.org/fileformat2.html#the_write_ahead_log: it counts how often the log has begun. */
  const sequence = () => readFileSync(`${path}-wal`).readUInt32BE(12)

  write(1_999)
  assert.ok(statSync(path).size < 100_000, 'moved within a commit')
  write(1)
  await until('the checkpoint', () => statSync(path).size > 1_000_000 || undefined)
  const look = database.prepare('pragma wal_checkpoint(noop)')
  await until('the end of the checkpoint', () => {
    const { log, checkpointed } = look.get() ?? {}
    return log === checkpointed || undefined
  })
  assert.equal(sequence(), 0)
  write(1)
  assert.equal(sequence(), 1)
  assert.equal(database.prepare('select count(*) c from request_records').get()?.['c'], written)
})

test('a log that was never moved is closed as well', async () => {
  const database = openStore(join(createTemporaryFolder(), 'records.db'), recordMigrations, systemClock)
  const checkpointer = createCheckpointer(database)
  checkpointer.note(1)
  await checkpointer.close()
  database.close()
})
