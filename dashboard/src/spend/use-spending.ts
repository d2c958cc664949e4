/** What was spent in a span, as a sum and apart, and in the period before it. */

import { useQuery } from '@tanstack/react-query'
import { useOwnerNames } from '../api/owner-names.ts'
import { type Dimension, type Usage, type UsageFilter, usageQuery } from '../api/usage.ts'
import { boundsBefore } from '../ranges.ts'
import type { Look } from '../use-span.ts'
import { pastQuery } from './queries.ts'
import { type SpendRow, spendRows } from './rows.ts'

export interface Spending {
  /** Of all together; undefined where nothing was used. */
  readonly total: Usage | undefined
  /** Of the period before; undefined where it is not looked at, or nothing was used. */
  readonly before: Usage | undefined
  /** Of the period before; undefined where it is not known. */
  readonly beforeUsd: number | undefined
  /** Undefined until they are there. */
  readonly rows: readonly SpendRow[] | undefined
  /** When the sums were asked for; 0 until they are there. */
  readonly nowMs: number
  readonly isTotalPending: boolean
  readonly isPending: boolean
  readonly error: Error | null
  retry(): void
}

export function useSpending({ span, isCompared }: Look, by: Dimension, where: UsageFilter): Spending {
  const total = useQuery(usageQuery(span, '', where))
  const parts = useQuery(usageQuery(span, by, where))
  // The period before is as old as the sums are.
  const nowMs = total.dataUpdatedAt
  const past = boundsBefore(span, nowMs)
  const isAsked = isCompared && nowMs > 0
  const before = useQuery({ ...pastQuery(past, '', where), enabled: isAsked })
  const partsBefore = useQuery({ ...pastQuery(past, by, where), enabled: isAsked })
  const nameOf = useOwnerNames()
  const named = (row: SpendRow) =>
    row.value === undefined || by === 'key' ? row : { ...row, name: nameOf(by, row.value) }
  const sums = { dimension: by, total: total.data?.data[0], before: partsBefore.data?.data }
  const pastSums = isCompared ? before.data?.data : undefined
  return {
    total: sums.total,
    before: pastSums?.[0],
    // Nothing was used: no row.
    beforeUsd: pastSums && Number(pastSums[0]?.charged_usd ?? 0),
    rows: parts.data && spendRows({ ...sums, parts: parts.data.data }).map(named),
    nowMs,
    isTotalPending: total.isPending,
    isPending: parts.isPending || total.isPending,
    error: total.error ?? parts.error,
    retry: () => void Promise.all([total.refetch(), parts.refetch()]),
  }
}
