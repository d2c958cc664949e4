/** The thread that writes the ledger's tables, and moves the database's own log when nobody waits for it. */

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { createCheckpoint } from './checkpoint.ts'
import type { JournalTask, JournalThreadData } from './journal-thread.ts'
import { createJournalWriter } from './journal-writer.ts'

const { path, isPowerSafe } = workerData as JournalThreadData
const database = new DatabaseSync(path, { timeout: 5_000 })
// In WAL mode this is what makes a commit wait for the disk, or not.
database.exec(`pragma synchronous = ${isPowerSafe ? 'full' : 'normal'}; pragma cache_size = -16384`)
const checkpoint = createCheckpoint(database)
const writer = createJournalWriter(database)

parentPort!.on('message', (task: JournalTask | 'close') => {
  if (task === 'close') {
    database.close()
    parentPort!.close()
    return
  }
  const result = 'group' in task ? writer.write(task.group) : writer.take(task.part)
  parentPort!.postMessage(result)
  try {
    checkpoint.step()
  } catch {
    // The next one looks again; what is in the log is safe there.
  }
})
