/** The lock that keeps two processes from sharing one data directory. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Held while it is reachable: a lock that the garbage collector takes is gone. */
export interface DataLock {
  /** Gives the directory free. Safe to call twice. */
  release(): void
}

const sqliteBusy = 5

/**
 * Takes the directory, which is made if it is not there (readable by its owner alone). Undefined when another
 * process, or another part of this one, holds it; any other failure is thrown.
 *
 * The lock is an open exclusive transaction on a database of its own. The operating system drops it with the
 * process, however that ends, so that there is no stale lock to judge by process ids. Nothing else may open the
 * file: POSIX drops all of a process's locks on a file when the process closes any descriptor of it.
 */
export function acquireDataLock(directory: string): DataLock | undefined {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(directory, 'weir.lock'), { timeout: 0 })
  try {
    // Without a journal file, a holder that was killed leaves nothing that the next one would have to roll back.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return undefined
    throw error
  }
  return {
    release() {
      if (database.isOpen) database.close()
    },
  }
}
