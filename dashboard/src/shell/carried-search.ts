/** What of an address goes along to the next page: the span that is looked back on, and what it is narrowed to. */

import { useRouter, useRouterState } from '@tanstack/react-router'
import { useState } from 'react'
import { dimensions } from '../api/usage.ts'
import { filterFields } from '../requests/filters.ts'

type Search = Readonly<Record<string, unknown>>
type Read = (search: Search) => Search

const names = [
  ...new Set(['range', 'from', 'to', 'cmp', ...Object.keys(dimensions), ...Object.keys(filterFields)]),
]

/** What this page does not know stays for the next one that does. */
export function carriedAfter(before: Search, shown: Search, read: Read): Search {
  const known = read(before)
  const unknown = names.filter((name) => before[name] !== undefined && known[name] === undefined)
  // Two moments or a range: whichever the page shows, where it shows one.
  const isSpan = (name: string) => 'range' in known && (name === 'range' || name === 'from' || name === 'to')
  return pick(
    {
      ...pick(
        before,
        unknown.filter((name) => !isSpan(name)),
      ),
      ...shown,
    },
    names,
  )
}

function pick(search: Search, wanted: readonly string[]): Search {
  return Object.fromEntries(
    wanted.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])),
  )
}

/** Gives the search parameters for the way to a page of the navigation. */
export function useCarriedSearch(): (to: string) => Search {
  const { routesByPath } = useRouter()
  const readOf = (to: string): Read | undefined =>
    (routesByPath as Readonly<Record<string, { options: { validateSearch?: unknown } }>>)[to]?.options
      .validateSearch as Read | undefined
  // The address alone is ahead of what is shown while the next page is fetched.
  const shown = useRouterState({
    select({ matches }) {
      const { staticData, fullPath, search } = matches.at(-1) ?? {}
      const isNarrowed = staticData?.range !== undefined || staticData?.isByTeam === true
      return JSON.stringify(isNarrowed ? [fullPath, search] : [])
    },
  })
  const [kept, setKept] = useState<{ readonly of: string; readonly search: Search }>({ of: '', search: {} })
  const [path, search] = JSON.parse(shown) as [path?: string, search?: Search]
  const read = path === undefined ? undefined : readOf(path)
  if (read && search && kept.of !== shown)
    setKept({ of: shown, search: carriedAfter(kept.search, search, read) })
  return (to) => pick(readOf(to)?.(kept.search) ?? {}, names)
}
