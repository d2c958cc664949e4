/** Which limits hold for a request or a target, as buckets to take from. */

import { globPattern } from '../core/glob.ts'
import type { Charges, RateCharge, SlotCharge } from './port.ts'

export interface Bounds {
  /** Requests per minute. */
  readonly rpm?: number
  /** Tokens per minute, prompt and answer together. */
  readonly tpm?: number
  /** Under way at once. */
  readonly concurrency?: number
  /** How long one may wait for its turn. Absent: it is refused at once. */
  readonly maxWaitMs?: number
}

export type RequestScope = 'organisation' | 'team' | 'key' | 'user'
export type TargetScope = 'provider' | 'model'

/** A limit of the configuration: each thing of the scope whose name matches has it for itself. */
export interface LimitSettings extends Bounds {
  readonly scope: RequestScope | TargetScope
  /** `*` stands for any text. Absent: each. */
  readonly match?: string
}

export interface LimitRule {
  readonly scope: LimitSettings['scope']
  readonly match: RegExp | undefined
  readonly bounds: Bounds
  /** Tells the buckets of rules apart. */
  readonly name: string
}

export function compileRules(settings: readonly LimitSettings[]): readonly LimitRule[] {
  const named = new Map<string, number>()
  return settings.map(({ scope, match, ...bounds }) => {
    const base = `${scope}:${match ?? ''}`
    const before = named.get(base) ?? 0
    named.set(base, before + 1)
    return {
      scope,
      match: match === undefined ? undefined : globPattern(match),
      bounds,
      // Not by its place in the list: a reload that adds another limit empties no bucket.
      name: before === 0 ? base : `${base}#${before + 1}`,
    }
  })
}

/** Everything that is to be taken for one request or attempt. */
export class ChargeList implements Charges {
  readonly rates: RateCharge[] = []
  readonly slots: SlotCharge[] = []
  /** The token rates among `rates`. */
  readonly tokenRates: RateCharge[] = []
  /** By bucket; most limits let nobody wait. */
  #waits: Map<string, number> | undefined

  get isEmpty(): boolean {
    return this.rates.length === 0 && this.slots.length === 0
  }

  /** `tokens` is asked for the number of tokens only where it counts. */
  add(bucket: string, { rpm, tpm, concurrency, maxWaitMs = 0 }: Bounds, tokens: () => number): void {
    if (rpm !== undefined) this.rates.push({ bucket: `${bucket}:requests`, perMinute: rpm, amount: 1 })
    if (tpm !== undefined) {
      const rate = { bucket: `${bucket}:tokens`, perMinute: tpm, amount: tokens() }
      this.rates.push(rate)
      this.tokenRates.push(rate)
    }
    if (concurrency !== undefined) this.slots.push({ bucket: `${bucket}:slots`, max: concurrency })
    if (maxWaitMs === 0) return
    this.#waits ??= new Map()
    for (const kind of ['requests', 'tokens', 'slots']) this.#waits.set(`${bucket}:${kind}`, maxWaitMs)
  }

  /** How long to wait where this bucket has no room. */
  maxWaitMsAt(bucket: string): number {
    return this.#waits?.get(bucket) ?? 0
  }
}
