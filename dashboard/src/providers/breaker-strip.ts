/** How a breaker stood in the last hour, in cells of a minute. Pure. */

import type { Target } from '../api/provider-standing.ts'

const cellMs = 60_000
const cells = 60

/** For each minute whether the breaker was open in any part of it; the last one is now. */
export function openMinutes(
  { breaker, breaker_changes: changes }: Pick<Target, 'breaker' | 'breaker_changes'>,
  nowMs: number,
): boolean[] {
  const open = Array.from({ length: cells }, () => false)
  const startMs = nowMs - cells * cellMs
  const cellOf = (atMs: number) => Math.min(cells - 1, Math.max(0, Math.floor((atMs - startMs) / cellMs)))
  let sinceMs: number | undefined
  const mark = (untilMs: number): void => {
    if (sinceMs !== undefined && untilMs >= startMs) open.fill(true, cellOf(sinceMs), cellOf(untilMs) + 1)
    sinceMs = undefined
  }
  for (const { at, to } of changes) {
    if (to === 'open') sinceMs ??= Date.parse(at)
    else mark(Date.parse(at))
  }
  if (breaker !== 'closed') mark(nowMs)
  return open
}

/** What a screen reader says of it, and what is told beside it. */
export function stripText(open: readonly boolean[]): string {
  const minutes = open.filter(Boolean).length
  if (minutes === 0) return 'never open'
  return minutes === 1 ? 'open in 1 minute' : `open in ${minutes} minutes`
}
