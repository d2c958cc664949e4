/** Tells the audit who was not let in: the first at once, those that follow as sums, so that nobody fills the chain by trying. */

import type { Clock } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import type { AuditLog } from './log.ts'

export interface Refusal {
  /** By what they tried, such as `password`. */
  readonly way: string
  /** The id of the user whose account it would have been; absent where there is none, or that cannot be told. */
  readonly user?: string
  readonly address?: string
}

export interface RefusalParts {
  readonly audit: Pick<AuditLog, 'record'>
  readonly clock: Clock
  readonly onTrouble: (cause: unknown) => void
}

/** How long what follows is summed up before it is told. */
const againMs = 300_000
/** So many of each are told by name; the rest of them together. */
const maxNames = 50
const rest = 'others'

class Sums {
  tries = 0
  readonly ways = new Map<string, number>()
  readonly addresses = new Map<string, number>()

  add({ way, user, address }: Refusal): void {
    this.tries++
    count(this.ways, user === undefined ? way : `${way} user:${user}`)
    if (address !== undefined) count(this.addresses, address)
  }

  /** These came before. */
  addAll({ tries, ways, addresses }: Sums): void {
    this.tries += tries
    for (const [name, times] of ways) count(this.ways, name, times)
    for (const [name, times] of addresses) count(this.addresses, name, times)
  }

  toJson(): JsonObject {
    const { tries, ways, addresses } = this
    return { tries, ways: Object.fromEntries(ways), addresses: Object.fromEntries(addresses) }
  }
}

function count(times: Map<string, number>, name: string, more = 1): void {
  const known = times.has(name) || times.size < maxNames ? name : rest
  times.set(known, (times.get(known) ?? 0) + more)
}

export class RefusalLog {
  readonly #parts: RefusalParts
  #sums = new Sums()
  #nextMs = -Infinity
  #timer: NodeJS.Timeout | undefined
  #telling: Promise<void> | undefined

  constructor(parts: RefusalParts) {
    this.#parts = parts
  }

  note(refusal: Refusal): void {
    this.#sums.add(refusal)
    const waitMs = this.#nextMs - this.#parts.clock.monotonicMs()
    if (waitMs <= 0) void this.flush()
    else this.#timer ??= setTimeout(() => void this.flush(), waitMs).unref()
  }

  /** Tells what is not told yet. */
  flush(): Promise<void> {
    this.#telling ??= this.#tell().finally(() => (this.#telling = undefined))
    return this.#telling
  }

  async close(): Promise<void> {
    await this.#telling
    await this.flush()
    clearTimeout(this.#timer)
  }

  async #tell(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const sums = this.#sums
    if (sums.tries === 0) return
    this.#sums = new Sums()
    this.#nextMs = this.#parts.clock.monotonicMs() + againMs
    try {
      await this.#parts.audit.record({
        org: 'default',
        actor: 'stranger',
        action: 'session.refuse',
        object: 'session',
        after: sums.toJson(),
      })
    } catch (cause) {
      this.#sums.addAll(sums)
      this.#parts.onTrouble(cause)
    }
  }
}
