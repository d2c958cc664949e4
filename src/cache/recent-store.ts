/** Keeps answers of late in memory before a store on disk: a hit on one neither reads, nor decrypts, nor writes. */

import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { AnswerStore, KeptValue, StoredAnswer } from './port.ts'

/** Of an entry beside its value. */
const overheadBytes = 256
/** After so long an answer is looked up behind again, which then knows that it is still wanted. */
const freshMs = 60_000

interface Recent extends KeptValue {
  readonly org: string
  readonly untilMs: number
}

export interface RecentStore extends AnswerStore {
  /** Gives the store behind what it has not got yet: before that is closed. */
  flush(): void
}

/**
 * For a store that is this process's alone. What is set reaches the store behind after the request that brought it;
 * whatever counts or deletes comes after that.
 */
export function createRecentStore(
  store: AnswerStore,
  { maxBytes, clock }: { readonly maxBytes: number; readonly clock: Clock },
): RecentStore {
  const recent = new LRUCache<string, Recent>({
    maxSize: maxBytes,
    sizeCalculation: ({ value }) => value.length + overheadBytes,
  })
  const nameOf = (org: string, key: string): string => `${org} ${key}`
  const keep = (org: string, key: string, { value, expiresAtMs = 0 }: KeptValue): void => {
    const untilMs = Math.min(expiresAtMs, clock.nowMs() + freshMs)
    recent.set(nameOf(org, key), { org, value, expiresAtMs, untilMs })
  }

  let waiting: { readonly answer: StoredAnswer; settle(written: Promise<void>): void }[] = []
  const write = async (answer: StoredAnswer): Promise<void> => store.set(answer)
  const flush = (): void => {
    const answers = waiting
    waiting = []
    for (const { answer, settle } of answers) settle(write(answer))
  }

  return {
    flush,
    get(org, key) {
      const known = recent.get(nameOf(org, key))
      if (known && known.untilMs > clock.nowMs()) return known
      flush()
      const found = store.get(org, key)
      if (found instanceof Promise || found === undefined) return found
      keep(org, key, found)
      return found
    },
    set(answer) {
      keep(answer.org, answer.key, answer)
      const { promise, resolve } = Promise.withResolvers<void>()
      if (waiting.push({ answer, settle: resolve }) === 1) setImmediate(flush)
      return promise
    },
    remove(org, key) {
      recent.delete(nameOf(org, key))
      flush()
      return store.remove(org, key)
    },
    purge(org, filter) {
      // What it holds is little: telling tags apart is not worth keeping them.
      for (const [name, entry] of recent.entries()) if (entry.org === org) recent.delete(name)
      flush()
      return store.purge(org, filter)
    },
    ...(store.size && {
      size() {
        flush()
        return store.size!()
      },
    }),
  }
}
