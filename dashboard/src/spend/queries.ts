/** What the page of the spend asks for beside the sums of its span. */

import { queryOptions } from '@tanstack/react-query'
import { ask } from '../api/client.ts'
import { costOf, reportAge, type Usage, type UsageFilter } from '../api/usage.ts'
import { type Bounds, monthStartMs } from '../ranges.ts'
import { type Forecast, forecastOf } from './forecast.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const lookBackDays = 15

/** The days that the month's end is judged by. */
export const monthQuery = (where: UsageFilter) =>
  queryOptions({
    queryKey: ['usage', 'month', where],
    queryFn: ({ signal }) => {
      const nowMs = Date.now()
      const fromMs = Math.min(monthStartMs(nowMs), nowMs - lookBackDays * dayMs)
      return ask('GET /usage', {
        query: { ...where, by: 'day', from: String(fromMs), limit: 100, max_age: reportAge },
        signal,
      })
    },
    refetchInterval: 60_000,
  })

export function forecastFrom(days: readonly Usage[], nowMs: number): Forecast {
  return forecastOf(new Map(days.map((usage) => [Date.parse(usage.day ?? ''), costOf(usage)])), nowMs)
}

/** Sums of a period that is over. Part of an hour counts as all of it: the hour in which it ends is the next one's. */
export const pastQuery = ({ fromMs, toMs }: Bounds, by: string, where: UsageFilter) => {
  const [from, to] = [fromMs, toMs].map((atMs) => Math.floor(atMs / hourMs) * hourMs)
  return queryOptions({
    queryKey: ['usage', { from, to }, by, where],
    queryFn: ({ signal }) =>
      ask('GET /usage', {
        query: { ...where, by, from: String(from), to: String(to), limit: 1_000, max_age: reportAge },
        signal,
      }),
    staleTime: 60_000,
    enabled: from !== to,
  })
}
