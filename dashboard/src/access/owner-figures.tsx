/** What keys, teams and users have cost lately, and how near each is to its cap: for their lists. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { costOf, type Usage, usageQuery } from '../api/usage.ts'
import { lastUsedText } from '../format/last-used.ts'
import { formatShare, formatUsd } from '../format/number.ts'
import { useMay } from '../session/me.ts'
import { BudgetBar } from '../ui/budget-bar.tsx'
import type { Column } from '../ui/data-table.tsx'

type Scope = 'key' | 'team' | 'user'

export interface Cap {
  readonly spentUsd: number
  readonly reservedUsd: number
  readonly capUsd: number
  readonly warnAt: number
  /** Spent or held, of the cap. */
  readonly share: number
}

export interface OwnerFigures {
  /** USD in 30 days; undefined while it is not known. */
  costOf(id: string): number | undefined
  /** Unix milliseconds; undefined where it is not known, or longer ago. */
  lastAtOf(id: string): number | undefined
  /** In words; undefined while it is not known. */
  lastUsedOf(id: string): string | undefined
  /** The one that is nearest to be reached; undefined where there is none. */
  capOf(id: string): Cap | undefined
}

export function useOwnerFigures(scope: Scope): OwnerFigures {
  const usage = useQuery({ ...usageQuery({ range: '30d' }, scope), enabled: useMay('GET /usage') })
  const budgets = useQuery({
    queryKey: ['budgets', 'of', scope],
    queryFn: ({ signal }) => ask('GET /budgets', { query: { scope, limit: 1_000 }, signal }),
    enabled: useMay('GET /budgets'),
  })
  const costs = usage.data && new Map(usage.data.data.map((row) => [idOf(row, scope), costOf(row)]))
  const lastAt = usage.data && new Map(usage.data.data.map((row) => [idOf(row, scope), row.last_at]))
  const caps = capsOf(budgets.data?.data ?? [])
  return {
    costOf: (id) => (costs ? (costs.get(id) ?? 0) : undefined),
    lastAtOf(id) {
      const at = lastAt?.get(id)
      return at === undefined ? undefined : Date.parse(at)
    },
    lastUsedOf(id) {
      const at = lastAt?.get(id)
      if (at !== undefined) return lastUsedText(at, usage.dataUpdatedAt)
      return lastAt && 'not in 30 days'
    },
    capOf: (id) => caps.get(id),
  }
}

function idOf(usage: Usage, scope: Scope): string | undefined {
  return scope === 'key' ? usage.key_id : usage[scope]
}

function capsOf(budgets: readonly Item<'GET /budgets'>[]): ReadonlyMap<string, Cap> {
  const caps = new Map<string, Cap>()
  for (const { usd, alert_at: alertAt, states } of budgets) {
    for (const { subject, spent_usd: spent, reserved_usd: reserved } of states) {
      const [spentUsd, reservedUsd, capUsd] = [Number(spent), Number(reserved), Number(usd)]
      const share = capUsd === 0 ? 1 : (spentUsd + reservedUsd) / capUsd
      if (share > (caps.get(subject)?.share ?? -1))
        caps.set(subject, { spentUsd, reservedUsd, capUsd, warnAt: Math.min(1, ...alertAt), share })
    }
  }
  return caps
}

/** For a table of those who have an id. */
export function costColumn<Thing extends { readonly id: string }>({
  costOf: cost,
}: OwnerFigures): Column<Thing> {
  return {
    title: 'Cost, 30 days',
    isNumber: true,
    narrow: 'main',
    order: { name: 'cost', of: ({ id }) => cost(id) },
    cell({ id }) {
      const usd = cost(id)
      return usd === undefined ? '-' : formatUsd(usd)
    },
  }
}

export function lastUsedColumn<Thing extends { readonly id: string }>(
  title: string,
  { lastAtOf, lastUsedOf }: OwnerFigures,
): Column<Thing> {
  return {
    title,
    narrow: 'fact',
    order: { name: 'used', of: ({ id }) => lastAtOf(id) },
    cell: ({ id }) => lastUsedOf(id) ?? '-',
  }
}

export function budgetColumn<Thing extends { readonly id: string }>({ capOf }: OwnerFigures): Column<Thing> {
  const shareText = ({ id }: Thing) => {
    const cap = capOf(id)
    return cap ? `${formatShare(cap.share)} of ${formatUsd(cap.capUsd)}` : '-'
  }
  return {
    title: 'Budget',
    narrow: 'line',
    order: { name: 'budget', of: ({ id }) => capOf(id)?.share },
    text: shareText,
    cell(thing) {
      const cap = capOf(thing.id)
      return cap ? <BudgetCell cap={cap} told={shareText(thing)} /> : '-'
    },
  }
}

function BudgetCell({ cap, told }: { readonly cap: Cap; readonly told: string }): ReactNode {
  return (
    <span className="budget-cell">
      <BudgetBar spent={cap.spentUsd} reserved={cap.reservedUsd} cap={cap.capUsd} warnAt={cap.warnAt} />
      <span>{told}</span>
    </span>
  )
}

/** The last used first; what is alike stays in its order. */
export function lastUsedFirst<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  { lastAtOf }: OwnerFigures,
): readonly Thing[] {
  return things.toSorted((one, other) => (lastAtOf(other.id) ?? 0) - (lastAtOf(one.id) ?? 0))
}

/** The dearest first; what is alike stays in its order. */
export function dearestFirst<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  { costOf: cost }: OwnerFigures,
): readonly Thing[] {
  return things.toSorted((one, other) => (cost(other.id) ?? 0) - (cost(one.id) ?? 0))
}
