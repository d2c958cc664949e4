/** What came of holding providers' bills against the ledger, and the way to compare another one. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask, type Item } from '../api/client.ts'
import { formatUsd } from '../format/number.ts'
import { formatDay } from '../format/time.ts'
import { visible } from '../format/visible.ts'
import { May } from '../session/may.tsx'
import { useMay } from '../session/me.ts'
import { Dialog } from '../ui/dialog.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { CompareBill } from './compare-bill.tsx'

type Reconciliation = Item<'GET /reconciliations'>
type Row = Item<'GET /reconciliations/{id}'>

export function Reconciliations(): ReactNode {
  const isSeen = useMay('GET /reconciliations')
  const kept = useQuery({
    queryKey: ['reconciliations'],
    queryFn: ({ signal }) => ask('GET /reconciliations', { signal }),
    enabled: isSeen,
  })
  const [isComparing, setComparing] = useState(false)
  const [shown, setShown] = useState<string>()
  if (!isSeen) return null
  return (
    <>
      <TablePanel
        title="Reconciliation"
        query={kept}
        what="the reconciliations"
        columns={columnsOf(setShown)}
        idOf={({ id }) => id}
        fileName="reconciliations"
        aside={
          <May call="POST /ledger/reconcile">
            <Button variant="default" onClick={() => setComparing(true)}>
              Compare a bill…
            </Button>
          </May>
        }
        empty={
          <Empty title="No bill was compared yet.">
            Take a provider&apos;s export of usage or costs: it is held against the ledger by day and model.
          </Empty>
        }
      />
      {isComparing && (
        <CompareBill
          onClose={() => setComparing(false)}
          onDone={(id) => {
            setComparing(false)
            setShown(id)
          }}
        />
      )}
      {shown !== undefined && <Differences id={shown} onClose={() => setShown(undefined)} />}
    </>
  )
}

function columnsOf(show: (id: string) => void): Column<Reconciliation>[] {
  const money = (usd: string | undefined) => (usd === undefined ? '-' : formatUsd(Number(usd)))
  return [
    {
      title: 'Provider',
      text: ({ provider }) => provider,
      cell: ({ provider }) => <UntrustedText text={provider} />,
    },
    { title: 'Days', narrow: 'fact', text: daysOf, cell: daysOf },
    {
      title: 'Result',
      narrow: 'main',
      text: ({ differ }) => (differ === 0 ? 'agrees' : `${differ} differ`),
      cell: ({ differ }) =>
        differ === 0 ? <Status tone="ok">agrees</Status> : <Status tone="warn">{differ} differ</Status>,
    },
    { title: 'Bill', narrow: 'fact', isNumber: true, cell: ({ bill_usd: usd }) => money(usd) },
    { title: 'Ledger', narrow: 'fact', isNumber: true, cell: ({ ledger_usd: usd }) => money(usd) },
    { title: 'Difference', narrow: 'fact', isNumber: true, cell: ({ difference_usd: usd }) => money(usd) },
    {
      title: 'Cause',
      narrow: 'line',
      text: ({ cause = '' }) => cause,
      cell: ({ cause, adjusted }) => (
        <div className="reconciliation-cause">
          {cause === undefined ? '-' : visible(cause)}
          {adjusted && ` (corrected by ${formatUsd(Number(adjusted.cost_usd))})`}
        </div>
      ),
    },
    { title: 'Compared', narrow: 'none', text: ({ at }) => at, cell: ({ at }) => <When at={at} /> },
    {
      title: 'Actions',
      narrow: 'action',
      isUntitled: true,
      cell: ({ id, differ, provider }) =>
        differ > 0 && (
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label={`Differences of ${provider}, ${id}`}
            onClick={() => show(id)}
          >
            Differences
          </Button>
        ),
    },
  ]
}

function daysOf({ first_day: first, last_day: last }: Reconciliation): string {
  if (first === undefined || last === undefined) return '-'
  const [from, to] = [first, last].map((at) => formatDay(Date.parse(at)))
  return from === to ? from! : `${from} – ${to}`
}

const figureTitles = {
  requests: 'requests',
  input_tokens: 'input tokens',
  cache_read_tokens: 'cache reads',
  output_tokens: 'output tokens',
  cost_usd: 'cost',
} as const

type FigureName = keyof typeof figureTitles

function Differences({ id, onClose }: { readonly id: string; onClose(): void }): ReactNode {
  const found = useQuery({
    queryKey: ['reconciliations', id],
    queryFn: ({ signal }) => ask('GET /reconciliations/{id}', { params: { id }, signal }),
  })
  const told = (row: Row, of: 'provider' | 'ledger') =>
    row.differing
      .map((name) => {
        const value = row[of][name as FigureName]
        const text =
          name === 'cost_usd' ? formatUsd(Number(value ?? 0)) : Number(value ?? 0).toLocaleString('en-US')
        return `${text} ${figureTitles[name as FigureName] ?? name}`
      })
      .join(', ')
  return (
    <Dialog onClose={onClose} title="What differs" size="xl">
      <Loaded query={found} what="the differences">
        {({ data, agree, differ }) =>
          data.length === 0 ? (
            <Empty title={`${agree} days and models agree.`} />
          ) : (
            <>
              <p className="dim">
                {agree} days and models agree, {differ} differ.
              </p>
              <DataTable
                caption="What differs"
                things={data}
                idOf={({ day, model = '' }: Row) => `${day} ${model}`}
                columns={[
                  { title: 'Day', cell: ({ day }: Row) => formatDay(Date.parse(day)) },
                  { title: 'Model', cell: ({ model = 'all models' }: Row) => <UntrustedText text={model} /> },
                  { title: 'Bill', cell: (row: Row) => told(row, 'provider') },
                  { title: 'Ledger', cell: (row: Row) => told(row, 'ledger') },
                  { title: 'Cause', cell: ({ causes }: Row) => visible(causes.join('; ')) },
                ]}
              />
            </>
          )
        }
      </Loaded>
    </Dialog>
  )
}
