/** The thread that moves a write-ahead log into its database: that waits for the disk. */

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const database = new DatabaseSync(workerData as string)
const checkpoint = database.prepare('pragma wal_checkpoint(passive)')

/** What was written meanwhile is moved as well, so that the log can begin anew; under a steady load it may not end. */
const maxPasses = 5

parentPort?.on('message', () => {
  for (let pass = 0; pass < maxPasses; pass++) {
    const { log, checkpointed } = checkpoint.get() ?? {}
    if (log === checkpointed) return
  }
})
