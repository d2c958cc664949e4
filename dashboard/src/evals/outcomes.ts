/** What the outcomes of a run's cases say: which cases flipped, in which order they are looked at, and how pairs came out. Pure. */

import type { CaseFilter } from './case-filter.ts'
import type { Case } from './queries.ts'

/** A run's arms by their place among the outcomes; one alone has no baseline. */
export interface Pairing {
  readonly candidate: number
  readonly baseline: number | undefined
}

export interface Tally {
  readonly passed: number
  readonly graded: number
  readonly faults: number
}

export function tallyOf(letters: string): Tally {
  const count = (letter: string) => letters.split(letter).length - 1
  const passed = count('p')
  return { passed, graded: passed + count('f'), faults: count('e') }
}

/** `worse`, `better`: the candidate passed less or more often than the baseline did. */
export type Change = 'worse' | 'better' | 'same'

export function changeOf({ outcomes }: Case, pairing: Pairing): Change {
  const difference = differenceOf(outcomes, pairing)
  if (difference === 0) return 'same'
  return difference < 0 ? 'worse' : 'better'
}

function differenceOf(outcomes: readonly string[], { candidate, baseline }: Pairing): number {
  if (baseline === undefined) return 0
  const [own, other] = [tallyOf(outcomes[candidate] ?? ''), tallyOf(outcomes[baseline] ?? '')]
  if (own.graded === 0 || other.graded === 0) return 0
  return own.passed / own.graded - other.passed / other.graded
}

const failuresOf = ({ outcomes }: Case): number =>
  outcomes.reduce((sum, letters) => sum + letters.split('f').length - 1, 0)
const hasFaults = ({ outcomes }: Case): boolean => outcomes.some((letters) => letters.includes('e'))

function isShown(one: Case, pairing: Pairing, filter: CaseFilter): boolean {
  if (filter === 'faults') return hasFaults(one)
  if (filter === 'failed') return failuresOf(one) > 0
  const change = changeOf(one, pairing)
  return filter === 'flips' ? change !== 'same' : change === filter
}

/** Those of the filter; flips come first, the worst of them at the top, then what failed most. */
export function inOrder(cases: readonly Case[], pairing: Pairing, filter: CaseFilter | undefined): Case[] {
  const shown = filter === undefined ? cases : cases.filter((one) => isShown(one, pairing, filter))
  return shown
    .map((one) => ({ one, difference: differenceOf(one.outcomes, pairing), failures: failuresOf(one) }))
    .toSorted(
      (a, b) => rankOf(a) - rankOf(b) || b.failures - a.failures || byName.compare(a.one.id, b.one.id),
    )
    .map(({ one }) => one)
}

/** `case-9` comes before `case-10`. */
const byName = new Intl.Collator('en', { numeric: true })

function rankOf({ difference }: { readonly difference: number }): number {
  if (difference < 0) return difference - 1
  return difference > 0 ? 0 : 1
}

export function countOf(cases: readonly Case[], pairing: Pairing, filter: CaseFilter): number {
  return cases.filter((one) => isShown(one, pairing, filter)).length
}

/** Pairs of answers to the same repeat of the same case, both graded. */
export interface Flips {
  readonly bothPassed: number
  readonly onlyBaseline: number
  readonly onlyCandidate: number
  readonly bothFailed: number
}

export function flipsOf(cases: readonly Case[], { candidate, baseline }: Pairing): Flips | undefined {
  if (baseline === undefined) return undefined
  const pairs = cases.flatMap(({ outcomes }) =>
    Array.from(outcomes[candidate] ?? '', (own, repeat) => own + (outcomes[baseline]?.[repeat] ?? '-')),
  )
  const count = (wanted: string) => pairs.filter((pair) => pair === wanted).length
  return {
    bothPassed: count('pp'),
    onlyBaseline: count('fp'),
    onlyCandidate: count('pf'),
    bothFailed: count('ff'),
  }
}

/** `2 of 3 passed, 1 fault`. */
export function tallyText(letters: string): string {
  const { passed, graded, faults } = tallyOf(letters)
  const lost = faults === 0 ? '' : `, ${faults} ${faults === 1 ? 'fault' : 'faults'}`
  return graded === 0 && faults === 0 ? 'not asked yet' : `${passed} of ${graded} passed${lost}`
}
