/** What waits for a person: alerts, breakers, budgets near their cap, drift. Nothing is shown where there is nothing. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { budgetsQuery, openAlerts, providers } from '../api/shared-queries.ts'
import { useMay } from '../session/me.ts'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { attentionItems } from './attention-items.ts'
import './attention.css'

const shown = 5

export function Attention(): ReactNode {
  const alerts = useQuery({ ...openAlerts, enabled: useMay('GET /alerts') })
  const known = useQuery({ ...providers, enabled: useMay('GET /providers') })
  const budgets = useQuery({ ...budgetsQuery, enabled: useMay('GET /budgets') })
  const sets = useQuery({
    queryKey: ['drift', 'alarms'],
    queryFn: ({ signal }) => ask('GET /drift', { signal }),
    refetchInterval: 60_000,
    enabled: useMay('GET /drift'),
  })
  const items = attentionItems({
    alerts: alerts.data?.data ?? [],
    providers: known.data?.data ?? [],
    budgets: budgets.data?.data ?? [],
    sets: sets.data?.data ?? [],
  })
  if (items.length === 0) return null
  return (
    <Panel title={`Needs attention (${items.length})`} aside={<Link to="/alerts">All alerts</Link>}>
      <ul className="attention">
        {items.slice(0, shown).map(({ id, tone, word, text, to, at }) => (
          <li key={id}>
            <Status tone={tone}>{word}</Status>
            <Link to={to}>
              <UntrustedText text={text} />
            </Link>
            <span className="dim">{at !== undefined && <When at={at} />}</span>
          </li>
        ))}
      </ul>
      {items.length > shown && <p className="dim">And {items.length - shown} more.</p>}
    </Panel>
  )
}
