/** How two revisions of a route differ, or the live one and the file. */

import { NativeSelect } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { visible } from '../format/visible.ts'
import type { RouteDetail } from '../rollout/route-queries.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { type Difference, differencesOf } from './settings.ts'
import '../ui/text-diff.css'

const route = getRouteApi('/routes/$name')

export function RevisionDiff({ detail }: { readonly detail: RouteDetail }): ReactNode {
  const { a, b } = route.useSearch()
  const navigate = route.useNavigate()
  const { revisions, live } = detail
  const numbers = revisions.map(({ number }) => number)
  const from = numbers.includes(a ?? 0) ? a! : live
  // What waits, or else what was before: there is always something to read.
  const to = numbers.includes(b ?? 0) ? b! : (numbers.find((number) => number !== live) ?? live)
  const settings = (of: number) => revisions.find(({ number }) => number === of)?.settings
  const choices = numbers.map((number) => ({
    value: String(number),
    label: `@${number}${number === live ? ', live' : ''}`,
  }))
  const choose = (change: { a?: number; b?: number }) =>
    void navigate({ search: { a: from, b: to, ...change }, resetScroll: false })
  const differences = differencesOf(settings(from), settings(to))
  return (
    <Panel
      title="Difference"
      isFlush
      aside={
        <div className="row">
          <NativeSelect
            size="xs"
            aria-label="From"
            data={choices}
            value={String(from)}
            onChange={(event) => choose({ a: Number(event.currentTarget.value) })}
          />
          <NativeSelect
            size="xs"
            aria-label="To"
            data={choices}
            value={String(to)}
            onChange={(event) => choose({ b: Number(event.currentTarget.value) })}
          />
        </div>
      }
    >
      {differences.length > 0 ? (
        <DifferenceTable differences={differences} />
      ) : (
        <Empty title={from === to ? 'One revision does not differ from itself.' : 'They are the same.'} />
      )}
      {detail.differs_from_file && (
        <p className="panel-body dim">
          The file says otherwise than @{live} in{' '}
          {detail.file_differences.map(({ path }) => visible(path)).join(', ')}.
        </p>
      )}
    </Panel>
  )
}

const columns: readonly Column<Difference>[] = [
  { title: 'Setting', cell: ({ path }) => <code>{visible(path)}</code> },
  {
    title: 'Before',
    narrow: 'line',
    cell: ({ before }) => (
      <span className="text-diff mono">
        {before === undefined ? '-' : <del>{<UntrustedText text={before} />}</del>}
      </span>
    ),
  },
  {
    title: 'After',
    narrow: 'line',
    cell: ({ after }) => (
      <span className="text-diff mono">
        {after === undefined ? '-' : <ins>{<UntrustedText text={after} />}</ins>}
      </span>
    ),
  },
]

export function DifferenceTable({ differences }: { readonly differences: readonly Difference[] }): ReactNode {
  return <DataTable caption="Differences" columns={columns} things={differences} idOf={({ path }) => path} />
}
