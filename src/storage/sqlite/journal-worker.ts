/** The thread that writes the journal where each commit must survive the end of the power: it waits for the disk. */

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { createJournalWriter, type Group } from './journal-writer.ts'

const database = new DatabaseSync(workerData as string, { timeout: 5_000 })
// In WAL mode this is what makes a commit wait for the disk.
database.exec('pragma synchronous = full')
const writer = createJournalWriter(database)

parentPort!.on('message', (group: Group | 'close') => {
  if (group === 'close') {
    database.close()
    parentPort!.close()
  } else parentPort!.postMessage(writer.write(group))
})
