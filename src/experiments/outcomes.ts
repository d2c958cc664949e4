/** What a finished request says about its arm, and a shelf where that waits, unit by unit, until it is stored. */

import type { RequestRecord } from '../records/record.ts'
import type { Metric, Outcome, UnitOutcomes } from './port.ts'

/** Empty where the request says nothing: its caller left, or it got another request's answer. */
export function outcomesOf(record: RequestRecord, costNanoUsd: number | undefined): Map<Metric, Outcome> {
  const found = new Map<Metric, Outcome>()
  const { status, code, contract, durationMs, firstTokenMs, clientGone, replayOf } = record
  if (clientGone || replayOf !== undefined) return found
  const once = (metric: Metric, total: number) => found.set(metric, { n: 1, total })
  once('errors', status >= 500 || status === 429 ? 1 : 0)
  if (contract !== undefined || code === 'contract_unsatisfied')
    once('contract_failures', code === 'contract_unsatisfied' ? 1 : 0)
  if (costNanoUsd !== undefined) once('cost', costNanoUsd)
  if (code !== undefined) return found
  once('latency', durationMs)
  if (firstTokenMs !== undefined) once('first_token', firstTokenMs)
  return found
}

/** While the store fails, what more units have come to is lost: outcomes are no money. */
const maxUnits = 50_000

/** New outcomes of the units of one experiment. */
export class OutcomeShelf {
  #units = new Map<string, { readonly arm: string; readonly outcomes: Map<Metric, Outcome> }>()

  add(unit: string, arm: string, outcomes: ReadonlyMap<Metric, Outcome>): void {
    if (outcomes.size === 0) return
    let known = this.#units.get(unit)
    if (!known) {
      if (this.#units.size >= maxUnits) return
      this.#units.set(unit, (known = { arm, outcomes: new Map() }))
    }
    for (const [metric, { n, total }] of outcomes) {
      const before = known.outcomes.get(metric)
      known.outcomes.set(metric, { n: n + (before?.n ?? 0), total: total + (before?.total ?? 0) })
    }
  }

  get isEmpty(): boolean {
    return this.#units.size === 0
  }

  /** At most so many units, the oldest first; they are not on the shelf any more. */
  take(most: number): UnitOutcomes[] {
    const taken: UnitOutcomes[] = []
    for (const [unit, { arm, outcomes }] of this.#units) {
      if (taken.length === most) break
      taken.push({ unit, arm, outcomes })
    }
    for (const { unit } of taken) this.#units.delete(unit)
    return taken
  }

  putBack(units: readonly UnitOutcomes[]): void {
    for (const { unit, arm, outcomes } of units) this.add(unit, arm, outcomes)
  }
}
