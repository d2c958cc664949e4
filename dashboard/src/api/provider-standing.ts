/** How a provider and its targets are, in a word. Pure. */

import type { Item } from './client.ts'

export type Provider = Item<'GET /providers'>
export type Target = Provider['targets'][number]

interface Standing {
  readonly tone: 'ok' | 'warn' | 'bad' | 'none'
  readonly word: string
}

export function targetStanding({ breaker, withheld }: Pick<Target, 'breaker' | 'withheld'>): Standing {
  if (withheld === 'parked') return { tone: 'bad', word: 'key refused' }
  if (breaker === 'open' || withheld === 'open') return { tone: 'bad', word: 'breaker open' }
  if (breaker === 'half-open') return { tone: 'warn', word: 'half-open' }
  if (withheld === 'cooling') return { tone: 'warn', word: 'cooling down' }
  return { tone: 'ok', word: 'up' }
}

const rank = { none: 0, ok: 1, warn: 2, bad: 3 } as const

/** As bad as its worst target, told apart from a provider that is down whole, or switched off. */
export function standingOf({ targets, disabled }: Pick<Provider, 'targets' | 'disabled'>): Standing {
  if (disabled) return { tone: 'none', word: 'disabled' }
  if (targets.length === 0) return { tone: 'none', word: 'not called yet' }
  const standings = targets.map(targetStanding)
  const worst = standings.reduce((a, b) => (rank[b.tone] > rank[a.tone] ? b : a))
  const isPartly = worst.tone === 'bad' && standings.some(({ tone }) => tone === 'ok')
  return isPartly ? { tone: 'warn', word: 'partly down' } : worst
}
