/** All revisions and pointers in memory, kept in step with the store: by our own changes at once, by others' soon. */

import type { Pointer, Revision, RolloutStore } from './port.ts'

/** Others' changes are seen within this time and one query: a rollback holds everywhere within 5 s. */
const pollMs = 1_000

export interface ShelfOptions {
  readonly store: RolloutStore
  /** Something has changed, here or elsewhere. */
  onChange(): void
  /** Called at every poll, when what others did is known. */
  onTick(): void
  /** The store could not be read, or can be read again (no cause). */
  onTrouble(cause: unknown): void
}

export class Shelf {
  readonly #options: ShelfOptions
  readonly #revisions = new Map<string, Map<number, Revision>>()
  readonly #pointers = new Map<string, Pointer>()
  #seq = 0
  #isTroubled = false
  #syncing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ShelfOptions) {
    this.#options = options
  }

  /** Reads everything, then follows the store until it is closed. Rejects where the store cannot be read. */
  async open(): Promise<void> {
    await this.sync()
    this.#timer = setInterval(() => void this.#poll(), pollMs).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#syncing?.catch(() => undefined)
  }

  /** Oldest first. */
  revisions(org: string, route: string): readonly Revision[] {
    return [...(this.#revisions.get(keyOf(org, route))?.values() ?? [])]
  }

  revision(org: string, route: string, number: number): Revision | undefined {
    return this.#revisions.get(keyOf(org, route))?.get(number)
  }

  pointer(org: string, route: string): Pointer | undefined {
    return this.#pointers.get(keyOf(org, route))
  }

  /** Takes up what others have changed, and what we have. A read that began earlier may not have seen it. */
  async sync(): Promise<void> {
    await this.#syncing?.catch(() => undefined)
    this.#syncing ??= this.#read().finally(() => (this.#syncing = undefined))
    await this.#syncing
  }

  async #read(): Promise<void> {
    const { revisions, pointers, seq } = await this.#options.store.changedSince(this.#seq)
    for (const revision of revisions) {
      const key = keyOf(revision.org, revision.route)
      const known = this.#revisions.get(key) ?? new Map<number, Revision>()
      this.#revisions.set(key, known.set(revision.number, revision))
    }
    for (const pointer of pointers) this.#pointers.set(keyOf(pointer.org, pointer.route), pointer)
    this.#seq = seq
    if (revisions.length + pointers.length > 0) this.#options.onChange()
  }

  async #poll(): Promise<void> {
    try {
      await this.sync()
      if (this.#isTroubled) this.#options.onTrouble(undefined)
      this.#isTroubled = false
      this.#options.onTick()
    } catch (cause) {
      if (!this.#isTroubled) this.#options.onTrouble(cause)
      this.#isTroubled = true
    }
  }
}

function keyOf(org: string, route: string): string {
  return JSON.stringify([org, route])
}
