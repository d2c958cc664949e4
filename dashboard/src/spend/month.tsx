/** The month: what it has cost so far, and where it will end if its days go on as they were. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { costOf, reportAge } from '../api/usage.ts'
import { formatUsd } from '../format/number.ts'
import { Figure } from '../ui/figure.tsx'
import { forecastOf, monthStartMs } from './forecast.ts'

const dayMs = 86_400_000
const lookBackDays = 15

export function MonthFigures(): ReactNode {
  const days = useQuery({
    queryKey: ['usage', 'month'],
    queryFn: ({ signal }) => {
      const nowMs = Date.now()
      const fromMs = Math.min(monthStartMs(nowMs), nowMs - lookBackDays * dayMs)
      return ask('GET /usage', {
        query: { by: 'day', from: String(fromMs), limit: 100, max_age: reportAge },
        signal,
      })
    },
    refetchInterval: 60_000,
  })
  const found =
    days.data &&
    forecastOf(
      new Map(days.data.data.map((usage) => [Date.parse(usage.day ?? ''), costOf(usage)])),
      days.dataUpdatedAt,
    )
  const end = found?.endUsd
  return (
    <>
      <div className="half three">
        <Figure label="Month so far" value={found && formatUsd(found.soFarUsd)} note="all of it, UTC" />
      </div>
      <div className="half three">
        <Figure
          label="Month's end, est."
          value={found && (end ? formatUsd(end.mean) : '-')}
          note={
            end ? `80 %: ${formatUsd(end.lower)} to ${formatUsd(end.upper)}` : 'needs a whole day of spend'
          }
        />
      </div>
    </>
  )
}
