/** What waits for a person: the open alerts. Nothing is shown where there are none. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { openAlerts } from '../api/shared-queries.ts'
import { severityTone } from '../api/severity.ts'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import './attention.css'

const shown = 5

export function Attention(): ReactNode {
  const alerts = useQuery(openAlerts).data?.data ?? []
  if (alerts.length === 0) return null
  return (
    <Panel title={`Needs attention (${alerts.length})`} aside={<Link to="/alerts">All alerts</Link>}>
      <ul className="attention">
        {alerts.slice(0, shown).map(({ id, severity, summary, last_at: lastAt }) => (
          <li key={id}>
            <Status tone={severityTone[severity]}>{severity}</Status>
            <UntrustedText text={summary} />
            <span className="dim">
              <When at={lastAt} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
