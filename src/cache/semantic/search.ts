/** Looks for the nearest answered question, in a thread of its own. */

import { Worker } from 'node:worker_threads'
import type { SearchCall, SearchReply } from './search-worker.ts'

type Add = Omit<Extract<SearchCall, { type: 'add' }>, 'type'>
type Look = Omit<Extract<SearchCall, { type: 'search' }>, 'type' | 'id'>

export interface SemanticSearch {
  add(entry: Add): void
  remove(partition: string, key: string): void
  /** Rejects where the thread has ended; the next call starts another, with nothing in it. */
  search(look: Look): Promise<Omit<SearchReply, 'id'>>
  close(): Promise<void>
}

/** The thread starts with the first call. */
export function createSemanticSearch(): SemanticSearch {
  const waiting = new Map<number, { resolve(reply: SearchReply): void; reject(cause: Error): void }>()
  let worker: Worker | undefined
  let lastId = 0

  const end = (cause: Error): void => {
    worker = undefined
    for (const { reject } of waiting.values()) reject(cause)
    waiting.clear()
  }
  const post = (call: SearchCall): void => {
    if (!worker) {
      worker = new Worker(new URL('./search-worker.ts', import.meta.url))
      worker.unref()
      worker.on('message', (reply: SearchReply) => {
        waiting.get(reply.id)?.resolve(reply)
        waiting.delete(reply.id)
      })
      worker.on('error', end)
    }
    worker.postMessage(call)
  }

  return {
    add: (entry) => post({ type: 'add', ...entry }),
    remove: (partition, key) => post({ type: 'remove', partition, key }),
    search(look) {
      const { promise, resolve, reject } = Promise.withResolvers<SearchReply>()
      const id = ++lastId
      waiting.set(id, { resolve, reject })
      post({ type: 'search', id, ...look })
      return promise
    },
    async close() {
      const running = worker
      end(new Error('the semantic index is closed'))
      await running?.terminate()
    },
  }
}
