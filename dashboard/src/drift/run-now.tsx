/** Runs a golden set once, and says how far it is. */

import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { useAnnounced } from '../ui/announcer.tsx'

const progressMs = 1_000

export function RunNow({ set }: { readonly set: string }): ReactNode {
  const queries = useQueryClient()
  const { isPending, isSuccess, error, mutate } = useMutation({
    mutationFn: () => ask('POST /drift/runs', { body: { set } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['drift'] }),
  })
  const progress = useQuery({
    queryKey: ['drift', 'progress'],
    queryFn: ({ signal }) => ask('GET /drift/progress', { signal }),
    enabled: isPending,
    refetchInterval: progressMs,
  })
  const far = isPending ? progress.data?.data.find((one) => one.set === set) : undefined
  useAnnounced(isPending ? 'The run has started.' : isSuccess ? 'The run is over.' : undefined)
  return (
    <>
      {error && <span role="alert">{error.message}</span>}
      {far && (
        <span className="dim">
          {far.done} of {far.all}
        </span>
      )}
      <Button loading={isPending} onClick={() => mutate()}>
        Run now
      </Button>
    </>
  )
}
