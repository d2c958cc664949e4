/** What can be done with a provider: try it, and take it out of use or back. */

import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import type { Provider } from '../api/provider-standing.ts'
import { formatMs, formatUsd } from '../format/number.ts'
import { May } from '../session/may.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

export function ProviderActions({ provider }: { readonly provider: Provider }): ReactNode {
  return (
    <div className="provider-actions">
      {provider.disabled ? (
        <May call="POST /providers/{name}/enable">
          <Enable name={provider.name} />
        </May>
      ) : (
        <>
          <May call="POST /providers/{name}/test">
            <Trial name={provider.name} />
          </May>
          <May call="POST /providers/{name}/disable">
            <Disable provider={provider} />
          </May>
        </>
      )}
    </div>
  )
}

function Trial({ name }: { readonly name: string }): ReactNode {
  const trial = useMutation({
    mutationFn: () => ask('POST /providers/{name}/test', { params: { name }, body: {} }),
  })
  const { data, error } = trial
  return (
    <>
      <Button
        variant="default"
        size="xs"
        loading={trial.isPending}
        aria-label={`Test ${name}`}
        onClick={() => trial.mutate()}
      >
        Test
      </Button>
      {error && <span role="alert">{error.message}</span>}
      {data && (
        <span role="status" className="provider-trial">
          <Status tone={data.ok ? 'ok' : 'bad'}>{data.ok ? 'answers' : data.error!.code}</Status>{' '}
          <span className="dim">
            <UntrustedText text={data.model} /> in {formatMs(data.duration_ms)}
            {data.cost_usd !== undefined && `, ${formatUsd(Number(data.cost_usd))}`}:
          </span>{' '}
          <UntrustedText text={data.error?.message ?? data.answer ?? ''} />
        </span>
      )}
    </>
  )
}

function Disable({ provider: { name, only_target_of: routes } }: { readonly provider: Provider }): ReactNode {
  const [isAsking, setIsAsking] = useState(false)
  const { isPending, error, mutate } = useChange({
    change: () => ask('POST /providers/{name}/disable', { params: { name } }),
    stale: ['providers'],
    onDone: () => setIsAsking(false),
  })
  return (
    <>
      <Button variant="default" size="xs" aria-label={`Disable ${name}`} onClick={() => setIsAsking(true)}>
        Disable
      </Button>
      {isAsking && (
        <Confirm
          title={`Disable ${name}`}
          effect={
            <>
              No new request goes to {name} until it is enabled again.
              {routes.length > 0 && (
                <p role="alert">
                  Left without a target, and refused from then on: <UntrustedText text={routes.join(', ')} />.
                </p>
              )}
            </>
          }
          verb="Disable provider"
          isPending={isPending}
          error={error}
          onConfirm={mutate}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  )
}

function Enable({ name }: { readonly name: string }): ReactNode {
  const { isPending, error, mutate } = useChange({
    change: () => ask('POST /providers/{name}/enable', { params: { name } }),
    stale: ['providers'],
  })
  return (
    <>
      <Button
        variant="default"
        size="xs"
        loading={isPending}
        aria-label={`Enable ${name}`}
        onClick={() => mutate()}
      >
        Enable
      </Button>
      {error && <span role="alert">{error.message}</span>}
    </>
  )
}
