/** Writes the journal in a thread of its own, so that waiting for the disk holds nobody up. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Group, WriteResult } from './journal-writer.ts'

export interface PowerWriter {
  /** One at a time. */
  write(group: Group): Promise<WriteResult>
  close(): Promise<void>
}

/** Over the file that `openLedger` has opened: its tables are there. */
export function createPowerWriter(path: string): PowerWriter {
  const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), { workerData: path })
  worker.unref()
  let waiting: ((result: WriteResult) => void) | undefined
  let death: WriteResult | undefined
  const answer = (result: WriteResult): void => {
    worker.unref()
    waiting?.(result)
    waiting = undefined
  }
  worker.on('message', answer)
  const die = (why: string): void => {
    death ??= { is: 'failed', why, isFatal: true }
    answer(death)
  }
  worker.on('error', (cause) => die(`the journal's thread has ended: ${String(cause)}`))
  worker.on('exit', () => die("the journal's thread has ended"))
  return {
    write(group) {
      if (death) return Promise.resolve(death)
      worker.ref() // what waits for the disk must not be lost because nothing else is left to do
      worker.postMessage(group)
      return new Promise((resolve) => (waiting = resolve))
    },
    async close() {
      if (death) return
      worker.ref()
      worker.postMessage('close')
      await once(worker, 'exit')
    },
  }
}
