/** Keeps the checkpoints of a busy SQLite file away from the requests. */

import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { fallbackPages } from './checkpoint.ts'

export interface Checkpointer {
  /** So many rows were written. */
  note(rows: number): void
  close(): Promise<void>
}

/** Some 3 MB of request records. */
const rowsBetween = 2_000

/**
 * By itself SQLite moves its write-ahead log into the database within a commit, each thousand pages, and waits for
 * the disk twice: 10 to 20 ms, in which no request gets on. Here a thread does it, which starts with the first
 * checkpoint. Readers and writers go on beside it (https://www.sqlite.org/wal.html#ckpt).
 */
export function createCheckpointer(database: DatabaseSync): Checkpointer {
  database.exec(`pragma wal_autocheckpoint = ${fallbackPages}`)
  let worker: Worker | undefined
  let rows = 0
  const start = (): Worker => {
    const started = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), {
      workerData: database.location(),
    })
    started.unref()
    // The fallback stands in until the next one is due, and that one starts another thread.
    started.on('error', () => (worker = undefined))
    return started
  }
  return {
    note(written) {
      rows += written
      if (rows < rowsBetween) return
      rows = 0
      worker ??= start()
      worker.postMessage(undefined)
    },
    async close() {
      await worker?.terminate()
    },
  }
}
