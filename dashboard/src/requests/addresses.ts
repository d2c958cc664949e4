/** What the addresses of requests hold: the list that one was found in, the one looked at, and the part of its page. */

import type { Filters } from './filters.ts'
import type { SpanSearch } from '../ranges.ts'

export type ListSearch = SpanSearch & Filters & SortSearch

/** What the list can be put in order by. */
export type SortName = 'time' | 'cost' | 'duration'

/** As the admin API takes it; absent: the newest first. */
export interface SortSearch {
  readonly sort?: SortName | `-${SortName}` | undefined
}

const sorts = ['time', '-cost', 'cost', '-duration', 'duration'] as const

export function readSort({ sort }: Readonly<Record<string, unknown>>): SortSearch {
  const found = sorts.find((known) => known === sort)
  return found === undefined ? {} : { sort: found }
}

export const requestTabs = ['answer', 'request', 'headers', 'dropped', 'guardrails', 'ledger', 'raw'] as const

export type RequestTab = (typeof requestTabs)[number]

/** Absent: the answer. */
export function readTab(search: Readonly<Record<string, unknown>>): { readonly tab?: RequestTab } {
  const tab = requestTabs.find((known) => known === search['tab'])
  return tab === undefined || tab === 'answer' ? {} : { tab }
}

/** The one that is looked at beside the list. */
export function readSelected(search: Readonly<Record<string, unknown>>): { readonly sel?: string } {
  const { sel } = search
  return typeof sel === 'string' && sel !== '' ? { sel } : {}
}
