/** The providers: is one failing, and why is it left out? */

import { Skeleton } from '@mantine/core'
import { useInterval } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Provider, standingOf, type Target, targetStanding } from '../api/provider-standing.ts'
import { providers } from '../api/shared-queries.ts'
import { formatCount, formatMs } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import '../ui/panel.css'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { openMinutes, stripText } from './breaker-strip.ts'
import { ModelNotices } from './model-notices.tsx'
import { ProviderActions } from './provider-actions.tsx'
import { ProviderFigures } from './provider-figures.tsx'
import { type ProviderSums, useProviderSums } from './provider-queries.ts'
import { ProviderTable } from './provider-table.tsx'
import './providers.css'

export function ProvidersPage(): ReactNode {
  const { data, error, refetch } = useQuery(providers)
  const sums = useProviderSums()
  const troubled = data?.data.filter((provider) => !['ok', 'none'].includes(standingOf(provider).tone))
  return (
    <Page title="Providers" name="Providers">
      {error && <LoadFault what="the providers" error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton height={320} />}
      {data?.data.length === 0 && (
        <Empty title="No provider is configured.">
          <span>
            <code>sim/*</code> answers until you add one.
          </span>
        </Empty>
      )}
      {troubled && troubled.length > 0 && (
        <p>
          {troubled.length === 1 ? '1 provider needs' : `${troubled.length} providers need`} a look:{' '}
          {troubled.map(({ name }) => name).join(', ')}.
        </p>
      )}
      {data && data.data.length > 1 && <ProviderTable providers={data.data} sums={sums} />}
      <div className="grid">
        {data?.data.map((provider) => (
          <ProviderCard key={provider.name} provider={provider} sums={sums?.get(provider.name)} />
        ))}
      </div>
      <ModelNotices />
    </Page>
  )
}

interface ProviderCardProps {
  readonly provider: Provider
  /** Absent where it answered nothing. */
  readonly sums: ProviderSums | undefined
}

function ProviderCard({ provider, sums }: ProviderCardProps): ReactNode {
  const { name, title, address, credentials, targets, disabled, only_target_of: routes } = provider
  const { tone, word } = standingOf(provider)
  return (
    <section id={name} className="panel six" aria-label={name}>
      <header className="panel-head">
        <h2>
          <Link to="/requests" search={{ provider: name }}>
            {name}
          </Link>
        </h2>
        <Status tone={tone}>{word}</Status>
      </header>
      <p className="provider-facts dim">
        {title} · {address} · {credentials.length === 1 ? '1 key' : `${credentials.length} keys`}
      </p>
      {disabled && (
        <p className="provider-facts">
          Disabled <When at={disabled.at} /> by <UntrustedText text={disabled.by} />.
          {routes.length > 0 && (
            <>
              {' '}
              Without a target: <UntrustedText text={routes.join(', ')} />.
            </>
          )}
        </p>
      )}
      <ProviderActions provider={provider} />
      {sums && <ProviderFigures sums={sums} />}
      {targets.length > 0 ? (
        <DataTable
          caption={`Targets of ${name}`}
          columns={columns}
          things={targets}
          idOf={({ model, credential }) => `${model} ${credential}`}
        />
      ) : (
        <p className="provider-facts dim">No model of it was called since the start.</p>
      )}
    </section>
  )
}

const columns: readonly Column<Target>[] = [
  { title: 'Model', cell: ({ model }) => <UntrustedText text={model} /> },
  { title: 'Key', cell: ({ credential }) => credential },
  { title: 'State', narrow: 'main', cell: (target) => <TargetState target={target} /> },
  { title: 'Breaker, 1 h', narrow: 'line', cell: (target) => <BreakerStrip target={target} /> },
  { title: '429s', isNumber: true, cell: ({ rate_limits: count }) => formatCount(count) },
  {
    title: 'First token',
    isNumber: true,
    cell: ({ first_token_ms: ms }) => (ms === undefined ? '-' : formatMs(ms)),
  },
  {
    title: 'Tokens/s',
    isNumber: true,
    cell: ({ tokens_per_second: rate }) => (rate === undefined ? '-' : formatCount(rate)),
  },
]

function TargetState({ target }: { readonly target: Target }): ReactNode {
  const { tone, word } = targetStanding(target)
  const forMs = target.withheld_for_ms
  return (
    <>
      <Status tone={tone}>{word}</Status>
      {forMs !== undefined && forMs > 0 && <span className="dim"> for {formatMs(forMs)}</span>}
    </>
  )
}

function BreakerStrip({ target }: { readonly target: Target }): ReactNode {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useInterval(() => setNowMs(Date.now()), 30_000, { autoInvoke: true })
  const open = openMinutes(target, nowMs)
  return (
    <span className="breaker-strip" role="img" aria-label={`Breaker, last hour: ${stripText(open)}`}>
      {open.map((isOpen, minute) => (
        <span key={minute} data-open={isOpen} />
      ))}
    </span>
  )
}
