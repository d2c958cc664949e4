/** What the requests that a provider answered came to in a day. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { useMay } from '../session/me.ts'
import { Facts } from '../ui/facts.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import { providerSumsQuery } from './provider-queries.ts'
import './providers.css'

export function ProviderFigures({ provider }: { readonly provider: string }): ReactNode {
  const may = useMay('GET /requests/summary')
  const { data } = useQuery({ ...providerSumsQuery(provider), enabled: may })
  if (!data || data.requests === 0) return null
  const { requests, errors, cost_usd: usd, duration_ms: durations, steps } = data
  return (
    <div className="provider-figures">
      <Facts
        facts={[
          ['Requests, 24 h', formatCount(requests)],
          ['Failed', formatShare(errors / requests)],
          ['Total p95', durations ? formatMs(durations.p95) : '-'],
          ['Cost', formatUsd(Number(usd))],
        ]}
      />
      <Sparkline values={steps.map((step) => step.requests)} />
    </div>
  )
}
