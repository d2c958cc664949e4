/** What the addresses of requests hold: the list that one was found in, the one looked at, and the part of its page. */

import type { Filters } from './filters.ts'
import type { SpanSearch } from '../ranges.ts'

export type ListSearch = SpanSearch & Filters

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
