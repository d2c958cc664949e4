/** What waits in memory to be written in groups, while the store takes it and while it does not. */

/** One that fails this often alone is itself the fault. */
const maxTriesAlone = 3

/**
 * A group that fails is tried again in halves, so that one item that cannot be stored takes no other with it. Beyond
 * the bound the oldest are dropped, also from a group that is just being written.
 */
export class WriteQueue<Item extends object> {
  readonly #items: Item[] = []
  readonly #maxQueued: number
  readonly #maxGroup: number
  #groupSize: number
  #triesAlone = 0
  #added = 0
  #dropped = 0

  constructor({ maxQueued, maxGroup }: { readonly maxQueued: number; readonly maxGroup: number }) {
    this.#maxQueued = maxQueued
    this.#maxGroup = maxGroup
    this.#groupSize = maxGroup
  }

  get length(): number {
    return this.#items.length
  }

  /** How many there have been. */
  get added(): number {
    return this.#added
  }

  /** How many of them do not wait any more: the oldest, written or dropped. */
  get gone(): number {
    return this.#added - this.#items.length
  }

  /** Exactly so many wait as make a group, and the last one did not fail. */
  get isGroupFull(): boolean {
    return this.#items.length === this.#maxGroup && this.#groupSize === this.#maxGroup
  }

  /** Constant time, never throws. */
  add(item: Item): void {
    this.#items.push(item)
    this.#added++
    if (this.#items.length > this.#maxQueued) this.#dropOldest()
  }

  /** The oldest. They stay until `wrote` or `failed` tells what became of them. */
  group(): readonly Item[] {
    return this.#items.slice(0, this.#groupSize)
  }

  wrote(group: readonly Item[]): void {
    this.#items.splice(0, this.#standing(group))
    this.#groupSize = this.#maxGroup
    this.#triesAlone = 0
  }

  failed(group: readonly Item[]): void {
    // One that has been dropped meanwhile has made room for others.
    const isAlone = group.length === 1 && this.#standing(group) === 1
    if (isAlone && ++this.#triesAlone >= maxTriesAlone) this.#dropOldest()
    this.#groupSize = Math.max(1, group.length >> 1)
  }

  /** How many were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  /** Drops the rest; gives how many are lost that nobody has been told of. */
  giveUp(): number {
    return this.#items.splice(0).length + this.takeDropped()
  }

  /** How many of the group are in the queue still, at its front: what was dropped meanwhile stood before them. */
  #standing(group: readonly Item[]): number {
    const [first] = this.#items
    const at = first === undefined ? -1 : group.indexOf(first)
    return at < 0 ? 0 : group.length - at
  }

  #dropOldest(): void {
    this.#items.shift()
    this.#dropped++
    this.#triesAlone = 0
  }
}
