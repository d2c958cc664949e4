/** Where alerts are told, and whether they arrive. */

import { Button, Skeleton } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { May } from '../session/may.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

type Channel = Item<'GET /alert-channels'>

const columns: readonly Column<Channel>[] = [
  { title: 'Channel', cell: ({ name }) => <UntrustedText text={name} /> },
  { title: 'Told there', narrow: 'line', cell: ({ kinds }) => kinds?.join(', ') ?? 'every alert' },
  {
    title: 'Test',
    narrow: 'action',
    cell: (channel) => (
      <May call="POST /alert-channels/{name}/test">
        <ChannelTest channel={channel} />
      </May>
    ),
  },
]

export function Channels(): ReactNode {
  const { data, error, refetch } = useQuery({
    queryKey: ['alert-channels'],
    queryFn: ({ signal }) => ask('GET /alert-channels', { signal }),
  })
  return (
    <Panel title="Channels" isFlush>
      {error ? (
        <LoadFault what="the channels" error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton height={120} />
      ) : data.data.length > 0 ? (
        <DataTable caption="Channels" columns={columns} things={data.data} idOf={({ name }) => name} />
      ) : (
        <Empty title="No channel is configured.">
          <span>
            Webhooks and e-mail are set under <code>alerts</code> in <code>weir.yaml</code>.
          </span>
        </Empty>
      )}
    </Panel>
  )
}

function ChannelTest({ channel: { name } }: { readonly channel: Channel }): ReactNode {
  const test = useMutation({
    mutationFn: () => ask('POST /alert-channels/{name}/test', { params: { name } }),
  })
  const fault = test.error?.message ?? test.data?.error
  return (
    <div className="row">
      <Button
        variant="default"
        loading={test.isPending}
        aria-label={`Send a test to ${name}`}
        onClick={() => test.mutate()}
      >
        Send test
      </Button>
      {test.data?.delivered === true && <Status tone="ok">delivered</Status>}
      {fault !== undefined && (
        <span role="alert">
          <Status tone="bad">not delivered</Status> <UntrustedText text={fault} />
        </span>
      )}
    </div>
  )
}
