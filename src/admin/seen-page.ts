/** Fills a page with what a caller sees of a list, step by step, where the store cannot tell it. */

export interface SeenPage<Item> {
  readonly data: readonly Item[]
  /** Where to go on: behind this one. Absent: there is nothing more. */
  readonly last?: Item
}

/** How many are looked at in one step, and in one call: a caller who sees little follows the cursor. */
const stepSize = 500
const maxSteps = 20

/** `read` gives at most `count` items that stand behind `last`. Absent `isSeen`: all are seen. */
export async function seenPage<Item>(
  limit: number,
  read: (count: number, last: Item | undefined) => Promise<readonly Item[]>,
  isSeen?: (item: Item) => boolean,
): Promise<SeenPage<Item>> {
  const data: Item[] = []
  const count = isSeen ? Math.max(limit + 1, stepSize) : limit + 1
  let last: Item | undefined
  for (let step = 0; step < maxSteps; step++) {
    const found = await read(count, last)
    for (const item of found) {
      if (isSeen?.(item) === false) last = item
      else if (data.length === limit) return { data, last: last! }
      else data.push((last = item))
    }
    if (found.length < count) return { data }
  }
  return { data, last: last! }
}
