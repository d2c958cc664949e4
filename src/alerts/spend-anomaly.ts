/** Finds keys that spend far more within an hour than in their own past: leaked keys, loops, mistakes. */

import { formatUsd } from '../core/money.ts'
import type { Resolution, Signal } from './alert.ts'
import type { Verdicts } from './failure-rate.ts'
import type { SpendHour } from './port.ts'
import { median, robustScore } from './robust-score.ts'

export interface SpendRule {
  /** Modified z-score from which an hour is an anomaly. */
  readonly score: number
  /** Hours that spend less than this never are. */
  readonly minNanoUsd: number
}

/** A week: the same hours of the same days are in it. */
export const historyHours = 168
/** With less history nothing is judged. */
const minHistoryHours = 24

/** What is open, by `subjectOf`. */
export type OpenAnomalies = Map<string, Resolution>

/**
 * Judges the current hour of the keys that these hours are of. Hours without spend count as 0 from a key's first one
 * on. Of what is `open`, whatever is not found again is over; the map is changed.
 */
export function judgeSpend(
  hours: readonly SpendHour[],
  currentHour: number,
  { score: limit, minNanoUsd }: SpendRule,
  open: OpenAnomalies,
): Verdicts {
  const raised = new Map<string, Signal>()
  for (const [subject, own] of Map.groupBy(hours, subjectOf)) {
    const { history, spent } = split(own, currentHour)
    if (history.length < minHistoryHours || spent < minNanoUsd) continue
    const score = robustScore(spent, history)
    if (score >= limit) raised.set(subject, toSignal(own.at(-1)!, spent, median(history), score))
  }
  const resolved = [...open].flatMap(([subject, what]) => (raised.has(subject) ? [] : [what]))
  open.clear()
  for (const [subject, { org, kind, subject: keyId }] of raised)
    open.set(subject, { org, kind, subject: keyId })
  return { raised: [...raised.values()], resolved }
}

/** Tells keys of all tenants apart. */
export function subjectOf({ org, keyId }: Pick<SpendHour, 'org' | 'keyId'>): string {
  return JSON.stringify([org, keyId])
}

function split(own: readonly SpendHour[], currentHour: number): { history: number[]; spent: number } {
  const first = Math.max(currentHour - historyHours, Math.min(...own.map(({ hour }) => hour)))
  const history = Array.from({ length: Math.max(0, currentHour - first) }, () => 0)
  let spent = 0
  for (const { hour, nanoUsd } of own) {
    if (hour === currentHour) spent += nanoUsd
    else if (hour >= first && hour < currentHour) history[hour - first]! += nanoUsd
  }
  return { history, spent }
}

function toSignal({ org, keyId, keyName }: SpendHour, spent: number, usual: number, score: number): Signal {
  const usd = formatUsd(Math.round(spent))
  const usualUsd = formatUsd(Math.round(usual))
  return {
    org,
    kind: 'spend-anomaly',
    subject: keyId,
    severity: 'warning',
    summary: `The key ${keyName} has spent ${usd} USD this hour; ${usualUsd} USD is usual.`,
    detail: {
      key: keyId,
      key_name: keyName,
      spent_usd: usd,
      usual_usd: usualUsd,
      // A constant history makes it infinite, which JSON cannot carry.
      score: Number.isFinite(score) ? Math.round(score * 10) / 10 : null,
    },
  }
}
