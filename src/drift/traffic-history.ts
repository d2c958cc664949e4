/** The hours before the one that is judged: read once for each series, and added to from then on. */

import type { DriftStore, TrafficRow, TrafficSeries } from './port.ts'
import { emptySums, isTelling, mergeSums, type TrafficHour } from './traffic.ts'

const hourMs = 3_600_000
export const lookBackMs = 14 * 24 * hourMs
/** Sums of keys that are held over all series, some 200 bytes each; what is beyond is read again when it is needed. */
const maxHeldSums = 200_000

export class TrafficHistory {
  readonly #store: Pick<DriftStore, 'traffic'>
  /** By series, oldest hour first; the series that was used last is last. */
  readonly #held = new Map<string, TrafficHour[]>()
  #heldSums = 0
  /** The hour that was judged last here: what other instances have judged since is missing from what is held. */
  #endMs: number | undefined

  constructor(store: Pick<DriftStore, 'traffic'>) {
    this.#store = store
  }

  /** The hours before `hour` that say enough to be held against. */
  async before(name: string, series: TrafficSeries, hour: number): Promise<readonly TrafficHour[]> {
    if (this.#endMs !== hour - hourMs) this.#clear()
    this.#endMs = hour - hourMs
    const fromMs = hour - lookBackMs
    const held = this.#held.get(name)
    if (held) {
      this.#drop(name)
      return this.#hold(
        name,
        held.filter((one) => one.hourMs >= fromMs),
      )
    }
    const rows = await this.#store.traffic(fromMs, hour - hourMs, series)
    return this.#hold(name, hoursOf(rows).filter(isTelling))
  }

  /** The hour is one of those before, from the next on. */
  add(name: string, hour: TrafficHour): void {
    const held = this.#held.get(name)
    if (held === undefined) return
    this.#drop(name)
    this.#hold(name, [...held, hour])
  }

  /** All series of the hour are judged. */
  end(hour: number): void {
    this.#endMs = hour
  }

  #hold(name: string, hours: TrafficHour[]): TrafficHour[] {
    this.#held.set(name, hours)
    this.#heldSums += sumsIn(hours)
    for (const oldest of this.#held.keys()) {
      if (this.#heldSums <= maxHeldSums) break
      this.#drop(oldest)
    }
    return hours
  }

  #drop(name: string): void {
    this.#heldSums -= sumsIn(this.#held.get(name) ?? [])
    this.#held.delete(name)
  }

  #clear(): void {
    this.#held.clear()
    this.#heldSums = 0
  }
}

function sumsIn(hours: readonly TrafficHour[]): number {
  return hours.reduce((sum, { strata }) => sum + Object.keys(strata).length, 0)
}

/** The parts of the instances together, oldest first. */
export function hoursOf(rows: readonly TrafficRow[]): TrafficHour[] {
  const hours = new Map<number, Record<string, number[]>>()
  for (const { hourMs: hour, strata } of rows) {
    const together = hours.get(hour) ?? {}
    hours.set(hour, together)
    for (const [key, sums] of Object.entries(strata)) mergeSums((together[key] ??= emptySums()), [...sums])
  }
  return [...hours].map(([at, strata]) => ({ hourMs: at, strata })).toSorted((a, b) => a.hourMs - b.hourMs)
}
