/** The routes: what serves each name, and what waits? */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type Route, routesQuery } from '../rollout/route-queries.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'

const columns: readonly Column<Route>[] = [
  {
    title: 'Route',
    text: ({ name }) => name,
    cell: ({ name }) => (
      <Link to="/routes/$name" params={{ name }}>
        <UntrustedText text={name} />
      </Link>
    ),
  },
  { title: 'Live', cell: ({ live }) => `@${live}` },
  {
    title: 'State',
    narrow: 'main',
    text: (route) => stateOf(route).word,
    cell: (route) => <RouteState route={route} />,
  },
  { title: 'Newest', cell: ({ last, live }) => (last === live ? 'live' : `@${last}, not live`) },
  { title: 'Revisions', isNumber: true, cell: ({ revision_count: count }) => String(count) },
  { title: 'Protected', cell: (route) => (route.protected ? 'wants a passing gate' : 'no') },
  {
    title: 'File',
    cell: ({ differs_from_file: differs }) => (differs ? 'says otherwise' : 'says the same'),
  },
  { title: 'Changed', text: ({ changed_at: at }) => at, cell: ({ changed_at: at }) => <When at={at} /> },
]

export function RoutesPage(): ReactNode {
  const routes = useQuery(routesQuery)
  return (
    <Page title="Routes" name="Routes">
      <TablePanel
        title="Routes"
        query={routes}
        what="the routes"
        columns={columns}
        idOf={({ name }) => name}
        fileName="routes"
        empty={
          <Empty title="No routes.">
            <span>
              A route is a name that clients send as model. They are set under <code>routes</code> in{' '}
              <code>weir.yaml</code>.
            </span>
          </Empty>
        }
      />
    </Page>
  )
}

function stateOf({ canary, hold }: Route): { tone: 'info' | 'warn' | 'ok'; word: string } {
  if (canary) return { tone: 'info', word: `canary of @${canary.revision}` }
  if (hold) return { tone: 'warn', word: 'held' }
  return { tone: 'ok', word: 'live' }
}

export function RouteState({ route }: { readonly route: Route }): ReactNode {
  const { tone, word } = stateOf(route)
  return <Status tone={tone}>{word}</Status>
}
