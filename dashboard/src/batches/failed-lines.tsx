/** The lines of a batch that failed, and how many by which code: read from its results, when somebody asks. */

import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { askBody } from '../api/client.ts'
import { formatCount } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { Batch } from './batch-view.ts'
import { type Failure, type Failures, failuresOf } from './failures.ts'

type Count = Failures['byCode'][number]

const countColumns: readonly Column<Count>[] = [
  { title: 'Code', cell: ([code]) => <UntrustedText text={code} /> },
  { title: 'Lines', isNumber: true, cell: ([, lines]) => formatCount(lines) },
]

const failureColumns: readonly Column<Failure>[] = [
  { title: 'Line', cell: ({ customId }) => <UntrustedText text={customId} /> },
  { title: 'Code', cell: ({ code }) => <UntrustedText text={code} /> },
  { title: 'What', narrow: 'line', cell: ({ message }) => <UntrustedText text={message} /> },
]

export function FailedLines({ batch: { id, failed } }: { readonly batch: Batch }): ReactNode {
  const { data, error, isPending, mutate } = useMutation({
    mutationFn: async () => failuresOf(await askBody('GET /batches/{id}/results', { id })),
  })
  return (
    <div className="grid">
      <Panel
        title="Failed lines"
        className={data ? 'eight' : ''}
        isFlush
        aside={
          <Button variant="default" loading={isPending} onClick={() => mutate()}>
            {data ? 'Read again' : 'Show failed lines'}
          </Button>
        }
      >
        {error && (
          <p role="alert" className="batch-note">
            {error.message}
          </p>
        )}
        {data ? (
          <DataTable
            caption="Failed lines"
            columns={failureColumns}
            things={data.shown}
            idOf={({ customId }) => customId}
          />
        ) : (
          <p className="dim batch-note">
            {failed === 1 ? '1 line' : `${formatCount(failed)} lines`} failed. What is shown is read from the
            results; the audit says who did.
          </p>
        )}
        {data && data.shown.length < failed && (
          <p className="dim batch-note">
            The first {formatCount(data.shown.length)} of {formatCount(failed)}.
          </p>
        )}
      </Panel>
      {data && (
        <Panel title="Errors by code" className="four" isFlush>
          <DataTable
            caption="Errors by code"
            columns={countColumns}
            things={data.byCode}
            idOf={([code]) => code}
          />
        </Panel>
      )}
    </div>
  )
}
