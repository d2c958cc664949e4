/** Models that end, and prices that change. */

import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'

type Notice = Item<'GET /models/notices'>

const days = 90

const words: Readonly<Record<Notice['kind'], string>> = {
  'price-changed': 'price changed',
  'price-will-change': 'price will change',
  retires: 'retires',
  retired: 'retired',
}

const columns: readonly Column<Notice>[] = [
  { title: 'Model', cell: ({ model }) => <UntrustedText text={model} /> },
  {
    title: 'What',
    narrow: 'main',
    cell: ({ kind, in_use: isInUse }) => <Status tone={isInUse ? 'warn' : 'none'}>{words[kind]}</Status>,
  },
  { title: 'When', cell: ({ at }) => <When at={at} /> },
  { title: 'In use', cell: ({ in_use: isInUse }) => (isInUse ? 'yes' : 'no') },
  { title: 'Told', narrow: 'line', cell: ({ message }) => <UntrustedText text={message} /> },
]

export function ModelNotices(): ReactNode {
  const { data, error, refetch } = useQuery({
    queryKey: ['models', 'notices'],
    queryFn: ({ signal }) => ask('GET /models/notices', { query: { days }, signal }),
    staleTime: 300_000,
  })
  return (
    <Panel title="Models that change" isFlush>
      {error ? (
        <LoadFault what="the notices" error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton height={120} />
      ) : data.data.length > 0 ? (
        <DataTable caption="Models that change" columns={columns} things={data.data} idOf={({ id }) => id} />
      ) : (
        <Empty title={`No price or model changes within ${days} days.`} />
      )}
    </Panel>
  )
}
