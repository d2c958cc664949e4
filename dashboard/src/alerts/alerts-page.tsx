/** The alerts: what needs a person? */

import { Button, NativeSelect, SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { placeOfAlert } from '../api/alert-place.ts'
import { ask, type Item } from '../api/client.ts'
import { severityTone } from '../api/severity.ts'
import { formatMoment } from '../format/time.ts'
import { May } from '../session/may.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { Channels } from './channels.tsx'
import { figuresOf } from './figures.ts'
import { Rules } from './rules.tsx'
import './alerts.css'

type Alert = Item<'GET /alerts'>

const route = getRouteApi('/alerts')

export function AlertsPage(): ReactNode {
  const { team } = route.useSearch()
  const [status, setStatus] = useState<Alert['status']>('open')
  const alerts = useQuery({
    queryKey: team === undefined ? ['alerts', status] : ['alerts', status, team],
    queryFn: ({ signal }) => ask('GET /alerts', { query: { status, team, limit: 100 }, signal }),
  })
  return (
    <Page title="Alerts" name="Alerts">
      <Panel
        title={status === 'open' ? 'Open' : 'Resolved'}
        isFlush
        aside={
          <SegmentedControl
            size="xs"
            aria-label="State"
            value={status}
            onChange={(value) => setStatus(value as Alert['status'])}
            data={[
              { value: 'open', label: 'Open' },
              { value: 'resolved', label: 'Resolved' },
            ]}
          />
        }
      >
        {alerts.error ? (
          <LoadFault what="the alerts" error={alerts.error} retry={() => void alerts.refetch()} />
        ) : !alerts.data ? (
          <Skeleton height={200} />
        ) : alerts.data.data.length > 0 ? (
          <DataTable caption="Alerts" columns={columns} things={alerts.data.data} idOf={({ id }) => id} />
        ) : (
          <Empty title={status === 'open' ? 'Nothing needs you.' : 'Nothing was resolved yet.'}>
            Last check {formatMoment(alerts.dataUpdatedAt)}.
          </Empty>
        )}
      </Panel>
      <May call="GET /alert-rules">
        <Rules />
      </May>
      <May call="GET /alert-channels">
        <Channels />
      </May>
    </Page>
  )
}

const columns: readonly Column<Alert>[] = [
  { title: 'What', text: ({ summary }) => summary, cell: (alert) => <What alert={alert} /> },
  {
    title: 'Severity',
    narrow: 'main',
    cell: ({ severity }) => <Status tone={severityTone[severity]}>{severity}</Status>,
  },
  {
    title: 'Kind',
    narrow: 'none',
    cell: ({ kind }) => <span className="one-word">{kind}</span>,
    text: ({ kind }) => kind,
  },
  { title: 'Value', narrow: 'fact', isNumber: true, cell: (alert) => figuresOf(alert).value },
  { title: 'Limit', narrow: 'fact', isNumber: true, cell: (alert) => figuresOf(alert).limit },
  {
    title: 'Reported',
    narrow: 'none',
    isNumber: true,
    order: { name: 'reported', of: ({ count }) => count },
    cell: ({ count }) => (count === 1 ? 'once' : `${count} times`),
  },
  {
    title: 'Since',
    narrow: 'fact',
    order: { name: 'since', of: ({ first_at: at }) => at },
    cell: ({ first_at: at }) => <When at={at} />,
  },
  {
    title: 'Last',
    narrow: 'none',
    order: { name: 'last', of: ({ last_at: at }) => at },
    cell: ({ last_at: at }) => <When at={at} />,
  },
  {
    title: 'Seen',
    cell: ({ acknowledged_at: at }) => (at === undefined ? '-' : <When at={at} />),
  },
  {
    title: 'Actions',
    isUntitled: true,
    narrow: 'line',
    cell: (alert) =>
      alert.status === 'open' && (
        <div className="row">
          <May call="POST /alerts/{id}/acknowledge">
            <Acknowledge alert={alert} />
          </May>
          <May call="POST /alerts/{id}/silence">
            <Silence alert={alert} />
          </May>
        </div>
      ),
  },
]

/** It leads to what it is about. */
function What({ alert: { kind, summary } }: { readonly alert: Alert }): ReactNode {
  const to = placeOfAlert(kind)
  const text = <UntrustedText text={summary} />
  return to === undefined ? text : <Link to={to}>{text}</Link>
}

const hours = [1, 8, 24, 168] as const

/** By a select: which time is part of the act. */
function Silence({ alert }: { readonly alert: Alert }): ReactNode {
  const { silenced_until: until } = alert
  const { mutate, isPending, error } = useChange({
    async change(count: number) {
      const end = new Date(Date.now() + count * 3_600_000).toISOString()
      return ask('POST /alerts/{id}/silence', { params: { id: alert.id }, body: { until: end } })
    },
    stale: ['alerts'],
    undo: {
      text: 'Silenced.',
      change: () =>
        until === undefined
          ? ask('DELETE /alerts/{id}/silence', { params: { id: alert.id } })
          : ask('POST /alerts/{id}/silence', { params: { id: alert.id }, body: { until } }),
    },
  })
  return (
    <>
      <NativeSelect
        size="xs"
        className="alert-silence"
        aria-label={`Silence ${alert.summary}`}
        value=""
        disabled={isPending}
        onChange={(event) => mutate(Number(event.currentTarget.value))}
        data={[
          { value: '', label: 'Silence…', disabled: true },
          ...hours.map((count) => ({
            value: String(count),
            label: count < 48 ? `for ${count} h` : `for ${count / 24} days`,
          })),
        ]}
      />
      {until !== undefined && <span className="dim">silent until {formatMoment(Date.parse(until))}</span>}
      {error && <span role="alert">{error.message}</span>}
    </>
  )
}

function Acknowledge({ alert }: { readonly alert: Alert }): ReactNode {
  const { mutate, isPending, error } = useChange({
    change: () => ask('POST /alerts/{id}/acknowledge', { params: { id: alert.id } }),
    stale: ['alerts'],
    undo: {
      text: 'Acknowledged.',
      change: () => ask('DELETE /alerts/{id}/acknowledge', { params: { id: alert.id } }),
    },
  })
  if (alert.acknowledged_at !== undefined) return null
  return (
    <>
      <Button variant="default" loading={isPending} onClick={() => mutate()}>
        Acknowledge
      </Button>
      {error && <span role="alert">{error.message}</span>}
    </>
  )
}
