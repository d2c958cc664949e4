/** The parts of a gate in words and units, and where each must not lie. Pure. */

import { formatMs, formatShare, formatUsd } from '../format/number.ts'
import type { Gate, GatePart } from './report.ts'

/** `+1.3 pp`. */
export function formatPoints(share: number): string {
  const text = (share * 100).toFixed(1)
  return text === '-0.0' || text === '0.0' ? '0.0 pp' : `${share > 0 ? '+' : ''}${text} pp`
}

/** How a part's numbers read follows from what it measures. */
export function partWriter({ name }: Pick<GatePart, 'name'>): (value: number) => string {
  if (name === 'pass rate') return formatPoints
  if (name.startsWith('pass rate') || name.startsWith('critical') || name.endsWith('faults'))
    return formatShare
  if (name.endsWith(', ms')) return formatMs
  if (name.endsWith('USD')) return formatUsd
  if (name.endsWith('ratio')) return (value) => `×${value.toFixed(2)}`
  return (value) => value.toFixed(3)
}

/** Whether more of it is worse. */
export function isCeiling({ name }: Pick<GatePart, 'name'>): boolean {
  return /latency|token p95|cost|faults/.test(name)
}

/** `-0.4 pp [-2.1, +1.3], at least -3.0 pp`. */
export function partText(part: GatePart): string {
  const write = partWriter(part)
  const told = (value: number | undefined) => (value === undefined ? '-' : withoutUnit(write(value)))
  const { estimate, lower, upper, bound } = part
  const interval = lower === undefined && upper === undefined ? '' : ` [${told(lower)}, ${told(upper)}]`
  const asked = bound === undefined ? '' : `, ${isCeiling(part) ? 'at most' : 'at least'} ${write(bound)}`
  return `${estimate === undefined ? 'not known' : write(estimate)}${interval}${asked}`
}

/** Where it is the same for all of them: durations may be in two. */
function withoutUnit(text: string): string {
  return text.replace(/ (pp|%)$/, '')
}

/** How many cases an open gate lacks; undefined where more would not help, or nobody knows. */
export function casesLacking({ verdict, cases, casesNeeded }: Gate): number | undefined {
  if (verdict !== 'inconclusive' || casesNeeded === undefined || casesNeeded <= cases) return undefined
  return casesNeeded - cases
}
