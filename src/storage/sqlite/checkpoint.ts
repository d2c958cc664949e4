/** Moves a write-ahead log into its database, which waits for the disk: for threads that hold nobody up. */

import type { DatabaseSync } from 'node:sqlite'

export interface Checkpoint {
  run(): void
  /** Runs where the log has grown enough. */
  step(): void
}

/** Of 8 KiB. Where a log grows to this all the same, SQLite moves it itself, within a commit. */
export const fallbackPages = 8_000
/** Some 4 MB. */
const pagesBetween = 500
/** What was written meanwhile is moved as well, so that the log can begin anew; under a steady load it may not end. */
const maxPasses = 5

export function createCheckpoint(database: DatabaseSync): Checkpoint {
  database.exec(`pragma wal_autocheckpoint = ${fallbackPages}`)
  const move = database.prepare('pragma wal_checkpoint(passive)')
  const look = database.prepare('pragma wal_checkpoint(noop)')
  const run = (): void => {
    for (let pass = 0; pass < maxPasses; pass++) {
      const { log, checkpointed } = move.get() ?? {}
      if (log === checkpointed) return
    }
  }
  return {
    run,
    step() {
      const { log, checkpointed } = look.get() ?? {}
      if (Number(log) - Number(checkpointed) >= pagesBetween) run()
    },
  }
}
