/** Reads a SQLite file in a thread of its own, so that a long question holds up no request. */

import { Worker } from 'node:worker_threads'
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { GatewayError } from '../../core/error.ts'

export type Row = Record<string, SQLOutputValue>

export interface Reader {
  /** One question after another. What was committed before it was asked is in the answer. */
  all(sql: string, parameters: readonly SQLInputValue[]): Promise<Row[]>
  close(): Promise<void>
}

export interface Question {
  readonly id: number
  readonly sql: string
  readonly parameters: readonly SQLInputValue[]
}

export type Answer = { readonly id: number } & ({ readonly rows: Row[] } | { readonly failure: string })

interface Asked {
  resolve(rows: Row[]): void
  reject(cause: unknown): void
}

/** Whoever asks for more at a time has to ask later: answers may take seconds. */
const maxWaiting = 100

/** Over a file that was opened before. The thread starts with the first question, and keeps no process alive by itself. */
export function createReader(path: string): Reader {
  const asked = new Map<number, Asked>()
  let lastId = 0
  let worker: Worker | undefined
  let isClosed = false
  const fail = (cause: unknown): void => {
    worker = undefined
    for (const { reject } of asked.values()) reject(cause)
    asked.clear()
  }
  const start = (): Worker => {
    const started = new Worker(new URL('./reader-worker.ts', import.meta.url), {
      workerData: path,
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    started.unref()
    started.on('message', (answer: Answer) => {
      const whose = asked.get(answer.id)
      asked.delete(answer.id)
      if (asked.size === 0) started.unref()
      if ('rows' in answer) whose?.resolve(answer.rows)
      else whose?.reject(new Error(`the report could not be read: ${answer.failure}`))
    })
    started.on('error', fail)
    return started
  }
  return {
    all(sql, parameters) {
      if (isClosed) return Promise.reject(new Error('the file is closed'))
      if (asked.size >= maxWaiting) return Promise.reject(busy())
      worker ??= start()
      worker.ref() // who waits for an answer must get it, though nothing else is left to do
      const { promise, resolve, reject } = Promise.withResolvers<Row[]>()
      const id = ++lastId
      asked.set(id, { resolve, reject })
      worker.postMessage({ id, sql, parameters } satisfies Question)
      return promise
    },
    async close() {
      isClosed = true
      const ended = worker?.terminate()
      fail(new Error('the file is closed'))
      await ended
    },
  }
}

function busy(): GatewayError {
  return new GatewayError('store_unavailable', 'Too many reports are waiting to be made.', {
    retryAfterMs: 5_000,
  })
}
