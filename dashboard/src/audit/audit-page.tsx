/** The audit: who changed what, and is the record whole? */

import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { useOwnerNames } from '../api/owner-names.ts'
import { formatClock, formatMoment } from '../format/time.ts'
import { visible } from '../format/visible.ts'
import { AddressField } from '../ui/address-field.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { PagedPanel } from '../ui/paged-panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import type { Act } from './act.ts'
import { AuditRecord } from './audit-record.tsx'

const route = getRouteApi('/audit')

const fields = { action: 'Action', object: 'Object', actor: 'Actor' } as const

export function AuditPage(): ReactNode {
  const filters = route.useSearch()
  const navigate = route.useNavigate()
  const [opened, setOpened] = useState<Act>()
  const nameOf = useOwnerNames()
  const named = (text: string) => {
    const [, scope = '', id = ''] = /^(team|user):(.+)$/.exec(text) ?? []
    return scope === '' ? text : `${scope}:${nameOf(scope, id)}`
  }
  const pages = useInfiniteQuery({
    queryKey: ['audit', filters],
    queryFn: ({ pageParam, signal }) =>
      ask('GET /audit', { query: { ...filters, limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
  })
  return (
    <Page title="Audit" name="Audit" action={<Chain />}>
      <div className="row">
        {(Object.keys(fields) as (keyof typeof fields)[]).map((field) => (
          <AddressField
            key={field}
            label={fields[field]}
            value={filters[field] ?? ''}
            write={(text) =>
              navigate({
                replace: true,
                search: ({ [field]: _, ...others }) => (text === '' ? others : { ...others, [field]: text }),
              })
            }
          />
        ))}
      </div>
      <PagedPanel
        title="Acts"
        pages={pages}
        what="the audit"
        columns={columnsWith(setOpened, named)}
        idOf={({ seq }) => String(seq)}
        fileName="audit"
        empty={
          <Empty title={Object.keys(filters).length > 0 ? 'Nothing matches these filters.' : 'Nothing yet.'}>
            Whatever changes something is recorded here first.
          </Empty>
        }
      />
      {opened && <AuditRecord act={opened} onClose={() => setOpened(undefined)} />}
    </Page>
  )
}

function columnsWith(open: (act: Act) => void, named: (text: string) => string): Column<Act>[] {
  return [
    { title: 'When', text: ({ at }) => at, cell: ({ at }) => <When at={at} /> },
    { title: 'Actor', text: ({ actor }) => actor, cell: ({ actor }) => <Named text={actor} as={named} /> },
    { title: 'Action', narrow: 'main', cell: ({ action }) => action },
    {
      title: 'Object',
      text: ({ object }) => object,
      cell: ({ object }) => <Named text={object} as={named} />,
    },
    {
      title: 'Result',
      text: ({ failed }) => failed?.code ?? 'done',
      cell: ({ failed }) => failed && <Status tone="bad">{failed.code}</Status>,
    },
    { title: 'From', cell: ({ address = '-' }) => address },
    { title: 'Number', isNumber: true, cell: ({ seq }) => `#${seq}` },
    {
      title: 'Details',
      isUntitled: true,
      cell: (act) => (
        <Button variant="subtle" aria-label={`Details of #${act.seq}`} onClick={() => open(act)}>
          Details
        </Button>
      ),
    },
  ]
}

/** By name; as it is recorded for whoever points at it. */
function Named({ text, as }: { readonly text: string; as(text: string): string }): ReactNode {
  return (
    <span title={visible(text)}>
      <UntrustedText text={as(text)} />
    </span>
  )
}

/** Whether every record is as it was written, and none is missing. */
function Chain(): ReactNode {
  const { data, error, dataUpdatedAt, isFetching, refetch } = useQuery({
    queryKey: ['audit-chain'],
    queryFn: ({ signal }) => ask('GET /audit/verify', { signal }),
    staleTime: 60_000,
  })
  return (
    <div className="row">
      {data && !data.fault && (
        <span title={formatMoment(dataUpdatedAt)}>
          <Status tone="ok">
            {`chain verified to #${data.head.seq.toLocaleString('en-US')} at ${formatClock(dataUpdatedAt)}`}
          </Status>
        </span>
      )}
      {data?.fault && <Status tone="bad">{`broken at #${data.fault.seq}`}</Status>}
      {error && <Status tone="bad">not verified</Status>}
      <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
        Verify
      </Button>
    </div>
  )
}
