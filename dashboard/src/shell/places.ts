/** Every page that the navigation and the palette lead to. */

import type { LinkProps } from '@tanstack/react-router'
import type { Policy } from '../session/me.ts'
import type { IconName } from '../ui/icon.tsx'

export interface Place {
  readonly to: NonNullable<LinkProps['to']>
  readonly label: string
  readonly icon: IconName
  /** After `g`, from anywhere. */
  readonly letter?: string
  /** What it shows is let in under this policy. Absent: under that of requests and what is around them. */
  readonly policy?: Policy
}

export const placeGroups: readonly (readonly [string, readonly Place[]])[] = [
  [
    'MONITOR',
    [
      { to: '/overview', label: 'Overview', icon: 'overview', letter: 'o' },
      { to: '/requests', label: 'Requests', icon: 'requests', letter: 'r' },
      { to: '/sessions', label: 'Sessions', icon: 'sessions' },
      { to: '/spend', label: 'Spend', icon: 'spend', letter: 's' },
      { to: '/alerts', label: 'Alerts', icon: 'alerts', letter: 'a' },
    ],
  ],
  [
    'CONTROL',
    [
      { to: '/keys', label: 'Keys', icon: 'keys', letter: 'k', policy: 'access:read' },
      { to: '/teams', label: 'Teams', icon: 'teams', policy: 'access:read' },
      { to: '/users', label: 'Users', icon: 'users', policy: 'access:read' },
      { to: '/budgets', label: 'Budgets', icon: 'budgets', letter: 'b' },
      { to: '/routes', label: 'Routes', icon: 'routes' },
      { to: '/providers', label: 'Providers', icon: 'providers', letter: 'p' },
      { to: '/cache', label: 'Cache', icon: 'cache' },
    ],
  ],
  [
    'MODELS',
    [
      { to: '/models', label: 'Models', icon: 'models' },
      { to: '/playground', label: 'Playground', icon: 'playground' },
    ],
  ],
  [
    'QUALITY',
    [
      { to: '/evals', label: 'Evaluations', icon: 'evals', letter: 'e' },
      { to: '/drift', label: 'Drift', icon: 'drift', letter: 'd' },
      { to: '/batches', label: 'Batches', icon: 'batches' },
    ],
  ],
  [
    'ADMIN',
    [
      { to: '/audit', label: 'Audit', icon: 'audit', policy: 'audit:read' },
      { to: '/settings', label: 'Settings', icon: 'settings', policy: 'settings:read' },
      { to: '/welcome', label: 'First steps', icon: 'welcome' },
    ],
  ],
]

export const places: readonly Place[] = placeGroups.flatMap(([, of]) => of)

/** The groups with the pages that somebody may see; all of them while that is not known yet. */
export function placesFor(may: readonly Policy[] | undefined): typeof placeGroups {
  const isSeen = ({ policy = 'traffic:read' }: Place) => may?.includes(policy) ?? true
  const seen = placeGroups.map(([title, of]) => [title, of.filter(isSeen)] as const)
  return seen.filter(([, of]) => of.length > 0)
}
