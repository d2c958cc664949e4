/** Writes the ledger's tables in a thread of its own, so that neither the work nor waiting for the disk holds anybody up. */

import { Worker } from 'node:worker_threads'
import type { Group, LogPart, WriteResult } from './journal-writer.ts'

export interface JournalThread {
  /** One at a time, and not while a part is being taken. */
  write(group: Group): Promise<WriteResult>
  /** One at a time. Where nobody waits for it, it keeps no process alive: the log has it. */
  take(part: LogPart): Promise<WriteResult>
  close(): Promise<void>
}

export type JournalTask = { readonly group: Group } | { readonly part: LogPart }

export interface JournalThreadData {
  readonly path: string
  /** Each commit waits for the disk. */
  readonly isPowerSafe: boolean
}

/** Over the file that `openLedger` has opened: its tables are there. The thread starts with the first task. */
export function createJournalThread(data: JournalThreadData): JournalThread {
  let worker: Worker | undefined
  let isClosing = false
  let waiting: ((result: WriteResult) => void) | undefined
  const answer = (result: WriteResult): void => {
    if (!isClosing) worker?.unref()
    waiting?.(result)
    waiting = undefined
  }
  const start = (): Worker => {
    const started = new Worker(new URL('./journal-worker.ts', import.meta.url), {
      workerData: data,
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    started.unref()
    // Whether its last commit was one is not known. A part may be given to another connection, a group may not.
    const end = (why: string): void => {
      if (worker !== started) return
      worker = undefined
      answer({ is: 'failed', why, isFatal: data.isPowerSafe })
    }
    started.on('message', answer)
    started.on('error', (cause) => end(`the journal's thread has ended: ${String(cause)}`))
    started.on('exit', () => end("the journal's thread has ended"))
    return started
  }
  const ask = (task: JournalTask): Promise<WriteResult> => {
    worker ??= start()
    worker.postMessage(task)
    return new Promise((resolve) => (waiting = resolve))
  }
  return {
    write(group) {
      const result = ask({ group })
      worker?.ref() // what waits for the disk must not be lost because nothing else is left to do
      return result
    },
    take: (part) => ask({ part }),
    async close() {
      if (!worker) return
      isClosing = true
      worker.ref()
      worker.postMessage('close')
      // Not `once` of node:events, which rejects when the thread fails: whoever waits for its work is told that.
      await new Promise((resolve) => worker!.once('exit', resolve))
    },
  }
}
