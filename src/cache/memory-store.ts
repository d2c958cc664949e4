/** Keeps answers in this process. */

import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { AnswerStore, StoredAnswer } from './port.ts'

/** Of an entry beside its value: the key twice, the tags, the places in the lists. */
const overheadBytes = 512

export function createMemoryAnswerStore(maxBytes: number, clock: Clock): AnswerStore {
  const entries = new LRUCache<string, StoredAnswer>({
    maxSize: maxBytes,
    sizeCalculation: ({ value }) => value.length + overheadBytes,
  })
  const nameOf = (org: string, key: string): string => `${org} ${key}`
  return {
    get(org, key) {
      const name = nameOf(org, key)
      const entry = entries.get(name)
      if (entry === undefined) return undefined
      if (entry.expiresAtMs > clock.nowMs()) return entry
      entries.delete(name)
      return undefined
    },
    set(answer) {
      entries.set(nameOf(answer.org, answer.key), answer)
    },
    remove(org, key) {
      entries.delete(nameOf(org, key))
    },
    purge(org, { destination, tag }) {
      let purged = 0
      for (const [name, entry] of entries.entries()) {
        if (entry.org !== org) continue
        if (destination !== undefined && entry.destination !== destination) continue
        if (tag !== undefined && !entry.tags.includes(tag)) continue
        entries.delete(name)
        purged++
      }
      return purged
    },
    size: () => ({ entries: entries.size, bytes: entries.calculatedSize }),
  }
}
