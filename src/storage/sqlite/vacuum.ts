/** Gives back to the disk what deleted rows have left of a SQLite file, a few pages at a time, while it is in use. */

import type { DatabaseSync } from 'node:sqlite'

/** Of 8 KiB. New rows will take so many soon: to give them back would only make the file grow again. */
const keptPages = 256
/** A page that is moved is written twice. A step of so many holds up the event loop for a fraction of a millisecond. */
const pagesPerStep = 64

export interface Vacuum {
  /** True where there may be more to give back. */
  step(): boolean
}

/** Over a file that was made with `auto_vacuum = incremental`; it does nothing to another. */
export function createVacuum(database: DatabaseSync): Vacuum {
  const isIncremental = Number(database.prepare('pragma auto_vacuum').get()!['auto_vacuum']) === 2
  const freePages = database.prepare('pragma freelist_count')
  return {
    step() {
      if (!isIncremental) return false
      const excess = Number(freePages.get()!['freelist_count']) - keptPages
      if (excess <= 0) return false
      database.exec(`pragma incremental_vacuum(${Math.min(excess, pagesPerStep)})`)
      return excess > pagesPerStep
    },
  }
}

const restMs = 20
const everyMs = 60_000

/** Steps by itself: one after another while there is more, else a look each minute. Gives the function that ends it. */
export function startVacuum(database: DatabaseSync): () => void {
  const vacuum = createVacuum(database)
  let timer: NodeJS.Timeout
  const look = (): void => {
    let hasMore = false
    try {
      // Within somebody's transaction it would become a part of that.
      hasMore = database.isTransaction || vacuum.step()
    } catch {
      // A full disk has no room to make room in: it is tried again.
    }
    schedule(hasMore ? restMs : everyMs)
  }
  const schedule = (inMs: number): void => {
    timer = setTimeout(look, inMs).unref()
  }
  schedule(everyMs)
  return () => clearTimeout(timer)
}
