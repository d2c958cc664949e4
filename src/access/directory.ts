/** All keys, teams and users in memory, kept in step with the store: by our own changes at once, by others' soon. */

import type { Clock } from '../core/clock.ts'
import type { AccessRows, AccessStore, StoredKey, StoredTeam, StoredThing, StoredUser } from './port.ts'

/** Others' changes are seen within this time and one query: revocation holds everywhere within 5 s. */
const pollMs = 2_000
/** Two polls in a row have failed: what is not known here may exist all the same. */
const staleMs = 3 * pollMs
/** What was last known good holds for so long without the store. */
const lostMs = 15 * 60_000

export interface DirectoryOptions {
  readonly store: AccessStore
  readonly clock: Clock
  /** The store could not be read, or can be read again (no cause). */
  readonly onTrouble: (cause: unknown) => void
}

/** `stale`: the store has not answered for some polls. `lost`: for longer than what is known may be trusted. */
export type Freshness = 'current' | 'stale' | 'lost'

export class Directory {
  readonly keys = new Map<string, StoredKey>()
  readonly teams = new Map<string, StoredTeam>()
  readonly users = new Map<string, StoredUser>()
  /** Grows with every change, so that what was derived from an earlier state can be told. */
  version = 0
  readonly #options: DirectoryOptions
  readonly #revokedListeners: ((keyId: string) => void)[] = []
  readonly #changeListeners: (() => void)[] = []
  #seq = 0
  #syncedMs: number
  #isTroubled = false
  #syncing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: DirectoryOptions) {
    this.#options = options
    this.#syncedMs = options.clock.monotonicMs()
  }

  /** Reads everything, then follows the store until it is closed. Rejects where the store cannot be read. */
  async open(): Promise<void> {
    await this.sync()
    this.#timer = setInterval(() => void this.#poll(), pollMs).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Called with the id of each key that was revoked, here or elsewhere. */
  onRevoked(listener: (keyId: string) => void): void {
    this.#revokedListeners.push(listener)
  }

  /** Called after each change, here or elsewhere. */
  onChange(listener: () => void): void {
    this.#changeListeners.push(listener)
  }

  get freshness(): Freshness {
    const ageMs = this.#options.clock.monotonicMs() - this.#syncedMs
    if (ageMs <= staleMs) return 'current'
    return ageMs <= lostMs ? 'stale' : 'lost'
  }

  /** A team that stands, by its id or its name. */
  teamOf(org: string, named: string): StoredTeam | undefined {
    const isThere = (team: StoredTeam) => team.org === org && team.removedAtMs === undefined
    const byId = this.teams.get(named)
    if (byId && isThere(byId)) return byId
    return [...this.teams.values()].find((team) => team.name === named && isThere(team))
  }

  /** Takes up what others have changed. */
  sync(): Promise<void> {
    this.#syncing ??= this.#read().finally(() => (this.#syncing = undefined))
    return this.#syncing
  }

  /** Something has changed elsewhere: looks at once, and not only where a look is under way that may have missed it. */
  async hurry(): Promise<void> {
    await this.#syncing?.catch(() => undefined)
    await this.#poll()
  }

  /** Takes up rows of a change; `#seq` stays, because others' earlier changes may not have been seen yet. */
  apply({ keys = [], teams = [], users = [] }: Partial<AccessRows>): void {
    const revoked = keys.filter(({ id, revokedAtMs }) => {
      return revokedAtMs !== undefined && this.keys.get(id)?.revokedAtMs === undefined
    })
    put(this.keys, keys)
    put(this.teams, teams)
    put(this.users, users)
    for (const { id } of revoked) for (const listener of this.#revokedListeners) listener(id)
    if (keys.length + teams.length + users.length === 0) return
    this.version++
    for (const listener of this.#changeListeners) listener()
  }

  async #read(): Promise<void> {
    const startedMs = this.#options.clock.monotonicMs()
    const { seq, ...rows } = await this.#options.store.changedSince(this.#seq)
    this.apply(rows)
    this.#seq = seq
    this.#syncedMs = startedMs
  }

  async #poll(): Promise<void> {
    try {
      await this.sync()
      if (this.#isTroubled) this.#options.onTrouble(undefined)
      this.#isTroubled = false
    } catch (cause) {
      if (!this.#isTroubled) this.#options.onTrouble(cause)
      this.#isTroubled = true
    }
  }
}

/** An answer that was on its way while a later change was made does not undo it. */
function put<Thing extends StoredThing>(things: Map<string, Thing>, rows: readonly Thing[]): void {
  for (const row of rows) {
    const known = things.get(row.id)
    if (known === undefined || known.seq <= row.seq) things.set(row.id, row)
  }
}
