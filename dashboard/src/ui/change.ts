/** How a number differs from that of the period before, in words. */

/** Undefined where there is nothing to compare. */
export function changeOf(now: number | undefined, before: number | undefined): string | undefined {
  const change = shortChangeOf(now, before)
  return change === undefined || !change.endsWith('%') ? change : `${change} against before`
}

/** For a column of its own: `+12 %`, `new`, `as before`. */
export function shortChangeOf(now: number | undefined, before: number | undefined): string | undefined {
  if (now === undefined || before === undefined) return undefined
  if (before === 0) return now === 0 ? 'as before' : 'new'
  const percent = Math.round((now / before - 1) * 100)
  if (percent === 0) return 'as before'
  return `${percent > 0 ? '+' : ''}${percent.toLocaleString('en-US')} %`
}

/** Of shares between 0 and 1, in percentage points. */
export function pointsOf(now: number | undefined, before: number | undefined): string | undefined {
  if (now === undefined || before === undefined) return undefined
  const points = (now - before) * 100
  if (Math.abs(points) < 0.05) return 'as before'
  return `${points > 0 ? '+' : ''}${points.toFixed(1)} pp against before`
}
