/** Looks for the nearest answered question, in a thread of its own. */

import { Worker } from 'node:worker_threads'
import { Roster } from '../../core/roster.ts'
import type { IndexedQuestion } from '../port.ts'
import type { Choice } from './choice.ts'
import type { SearchCall, SearchReply } from './search-worker.ts'

type Look = Omit<Extract<SearchCall, { type: 'search' }>, 'type' | 'id'>

export interface SemanticSearch {
  add(question: IndexedQuestion): void
  remove(partition: string, key: string): void
  /** Drops all questions of the tenant. */
  forget(org: string): Promise<void>
  /** Rejects where the thread has ended; the next call starts another, with nothing in it. */
  search(look: Look): Promise<Choice>
  close(): Promise<void>
}

/** The thread starts with the first call. */
export function createSemanticSearch(): SemanticSearch {
  /** Of the thread that runs; a call's id is its place. */
  let waiting = new Roster<{ resolve(reply: SearchReply): void; reject(cause: Error): void }>()
  let worker: Worker | undefined

  const end = (cause: Error): void => {
    const lost = waiting
    worker = undefined
    waiting = new Roster()
    for (const { reject } of lost) reject(cause)
  }
  const post = (call: SearchCall): void => {
    if (!worker) {
      const started = new Worker(new URL('./search-worker.ts', import.meta.url))
      worker = started
      started.unref()
      started.on('message', (reply: SearchReply) => {
        if (worker !== started) return
        waiting.at(reply.id)?.resolve(reply)
        waiting.remove(reply.id)
      })
      started.on('error', end)
    }
    worker.postMessage(call)
  }

  return {
    add: (question) => post({ type: 'add', ...question }),
    remove: (partition, key) => post({ type: 'remove', partition, key }),
    async forget(org) {
      if (worker) post({ type: 'forget', org })
    },
    search(look) {
      const { promise, resolve, reject } = Promise.withResolvers<SearchReply>()
      const id = waiting.add({ resolve, reject })
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
