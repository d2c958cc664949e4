/** What the requests that a provider answered came to in a day. */

import type { ReactNode } from 'react'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { Facts } from '../ui/facts.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import type { ProviderSums } from './provider-queries.ts'
import './providers.css'

export function ProviderFigures({ sums }: { readonly sums: ProviderSums }): ReactNode {
  const { requests, errors, cost_usd: usd, duration_ms: durations, steps } = sums
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
