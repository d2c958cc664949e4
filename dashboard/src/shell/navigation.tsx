/** The way to every page, with the number of alerts that are open. */

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useCallback } from 'react'
import type { LiveEvent } from '../api/live-feed.ts'
import { useLiveEvents } from '../api/live-feed-context.ts'
import { openAlerts } from '../api/shared-queries.ts'
import { meQuery, useMay } from '../session/me.ts'
import { Icon } from '../ui/icon.tsx'
import { useCarriedSearch } from './carried-search.ts'
import { placesFor } from './places.ts'

interface NavigationProps {
  /** Names are read, and told by whoever points at one, but not seen. */
  readonly isFolded: boolean
}

export function Navigation({ isFolded }: NavigationProps): ReactNode {
  const queries = useQueryClient()
  const me = useQuery(meQuery)
  const groups = placesFor(me.data?.may)
  const searchOf = useCarriedSearch()
  const alerts = useQuery({ ...openAlerts, enabled: useMay('GET /alerts') })
  const refresh = useCallback(
    (events: readonly LiveEvent[]) => {
      if (events.some(({ type }) => type === 'alert'))
        void queries.invalidateQueries({ queryKey: ['alerts'] })
      if (events.some(({ type }) => type === 'health'))
        void queries.invalidateQueries({ queryKey: ['providers'] })
    },
    [queries],
  )
  useLiveEvents(refresh)
  const count = alerts.data?.data.length ?? 0
  return (
    <nav className="navigation" aria-label="Pages" data-folded={isFolded}>
      {groups.map(([title, places]) => (
        <div key={title}>
          <h2>{title}</h2>
          <ul>
            {places.map(({ to, label, icon }) => (
              <li key={label}>
                <Link to={to} search={searchOf(to) as never} title={isFolded ? label : undefined}>
                  <Icon name={icon} />
                  <span className="navigation-label">{label}</span>
                  {to === '/alerts' && count > 0 && (
                    <span className="navigation-count">
                      {count}
                      <span className="only-read"> open</span>
                    </span>
                  )}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
