/** Every page that the navigation and the palette lead to. */

import type { LinkProps } from '@tanstack/react-router'
import type { Operation, Reply } from '../api/client.ts'
import { isLetIn } from '../session/me.ts'
import type { IconName } from '../ui/icon.tsx'

export interface Place {
  readonly to: NonNullable<LinkProps['to']>
  readonly label: string
  readonly icon: IconName
  /** After `g`, from anywhere. */
  readonly letter?: string
  /** What it reads first: whoever may not has no business there. */
  readonly reads: Operation
}

export const placeGroups: readonly (readonly [string, readonly Place[]])[] = [
  [
    'MONITOR',
    [
      { to: '/overview', label: 'Overview', icon: 'overview', letter: 'o', reads: 'GET /requests/figures' },
      { to: '/requests', label: 'Requests', icon: 'requests', letter: 'r', reads: 'GET /requests' },
      { to: '/sessions', label: 'Sessions', icon: 'sessions', reads: 'GET /sessions' },
      { to: '/spend', label: 'Spend', icon: 'spend', letter: 's', reads: 'GET /usage' },
      { to: '/alerts', label: 'Alerts', icon: 'alerts', letter: 'a', reads: 'GET /alerts' },
    ],
  ],
  [
    'CONTROL',
    [
      { to: '/keys', label: 'Keys', icon: 'keys', letter: 'k', reads: 'GET /keys' },
      { to: '/teams', label: 'Teams', icon: 'teams', reads: 'GET /teams' },
      { to: '/users', label: 'Users', icon: 'users', reads: 'GET /users' },
      { to: '/budgets', label: 'Budgets', icon: 'budgets', letter: 'b', reads: 'GET /budgets' },
      { to: '/routes', label: 'Routes', icon: 'routes', reads: 'GET /routes' },
      { to: '/providers', label: 'Providers', icon: 'providers', letter: 'p', reads: 'GET /providers' },
      { to: '/guardrails', label: 'Guardrails', icon: 'guardrails', reads: 'GET /guardrails' },
      { to: '/cache', label: 'Cache', icon: 'cache', reads: 'GET /cache' },
    ],
  ],
  [
    'MODELS',
    [
      { to: '/models', label: 'Models', icon: 'models', reads: 'GET /models' },
      { to: '/playground', label: 'Playground', icon: 'playground', reads: 'GET /routes' },
    ],
  ],
  [
    'QUALITY',
    [
      { to: '/evals', label: 'Evaluations', icon: 'evals', letter: 'e', reads: 'GET /evals' },
      {
        to: '/experiments',
        label: 'Experiments',
        icon: 'experiments',
        letter: 'x',
        reads: 'GET /experiments',
      },
      { to: '/shadow', label: 'Shadow traffic', icon: 'shadow', reads: 'GET /shadow' },
      { to: '/drift', label: 'Drift', icon: 'drift', letter: 'd', reads: 'GET /drift' },
      { to: '/batches', label: 'Batches', icon: 'batches', reads: 'GET /batches' },
    ],
  ],
  [
    'ADMIN',
    [
      { to: '/audit', label: 'Audit', icon: 'audit', reads: 'GET /audit' },
      { to: '/settings', label: 'Settings', icon: 'settings', reads: 'GET /settings' },
      { to: '/welcome', label: 'First steps', icon: 'welcome', reads: 'GET /requests' },
    ],
  ],
]

export const places: readonly Place[] = placeGroups.flatMap(([, of]) => of)

/** The groups with the pages that somebody may see; all of them while that is not known yet. */
export function placesFor(may: Reply<'GET /me'>['may'] | undefined): typeof placeGroups {
  const isSeen = ({ reads }: Place) => may === undefined || isLetIn(reads, may)
  const seen = placeGroups.map(([title, of]) => [title, of.filter(isSeen)] as const)
  return seen.filter(([, of]) => of.length > 0)
}

/** The place that an address is in, its own page or one below it. */
export function placeOf(path: string): Place | undefined {
  return places.find(({ to }) => path === to || path.startsWith(`${to}/`))
}
