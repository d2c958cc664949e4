/** Where a month's spend will end, from the days that were: with an interval, for days are not alike. Pure. */

import { monthEndMs, monthStartMs } from '../ranges.ts'

const dayMs = 86_400_000
/** Days that the rest of the month is taken to be like. */
const window = 14
/** Of the normal distribution: 80 % lie between. */
const z80 = 1.2816

export interface Forecast {
  readonly soFarUsd: number
  /** Undefined where no day has passed whole yet. */
  readonly endUsd?: { readonly mean: number; readonly lower: number; readonly upper: number }
}

/** Of the last days, by the beginning of each in Unix milliseconds; days without spend may be missing. */
export function forecastOf(byDay: ReadonlyMap<number, number>, nowMs: number): Forecast {
  const startMs = monthStartMs(nowMs)
  const todayMs = Math.floor(nowMs / dayMs) * dayMs
  let soFarUsd = 0
  for (const [atMs, usd] of byDay) if (atMs >= startMs) soFarUsd += usd
  const firstMs = Math.min(...byDay.keys())
  const whole = Array.from({ length: window }, (_, n) => todayMs - (n + 1) * dayMs)
    .filter((atMs) => atMs >= firstMs)
    .map((atMs) => byDay.get(atMs) ?? 0)
  if (whole.length === 0) return { soFarUsd }
  const mean = whole.reduce((sum, usd) => sum + usd, 0) / whole.length
  const variance =
    whole.length < 2 ? mean ** 2 : whole.reduce((sum, usd) => sum + (usd - mean) ** 2, 0) / (whole.length - 1)
  const leftDays = (monthEndMs(nowMs) - nowMs) / dayMs
  // The days to come vary, and so does what the mean of so few days is known by.
  const spread = z80 * Math.sqrt(variance * (leftDays + leftDays ** 2 / whole.length))
  const end = soFarUsd + mean * leftDays
  return { soFarUsd, endUsd: { mean: end, lower: Math.max(soFarUsd, end - spread), upper: end + spread } }
}
