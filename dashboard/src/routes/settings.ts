/** What the pages read of a route's settings, and how two of them differ. Pure. */

import type { RouteDetail } from '../rollout/route-queries.ts'

export interface Target {
  readonly target: string
  readonly weight?: number
}

export interface RouteSettings {
  readonly strategy: string
  readonly targets: readonly Target[]
}

/** Settings come from people: what is not there is not made up. */
export function settingsOf(settings: unknown): RouteSettings {
  const { strategy, targets } = (settings ?? {}) as { strategy?: unknown; targets?: unknown }
  return {
    strategy: typeof strategy === 'string' ? strategy : '-',
    targets: Array.isArray(targets) ? targets.flatMap(targetOf) : [],
  }
}

function targetOf(value: unknown): Target[] {
  if (typeof value === 'string') return [{ target: value }]
  const { target, weight } = (value ?? {}) as { target?: unknown; weight?: unknown }
  if (typeof target !== 'string') return []
  return [{ target, ...(typeof weight === 'number' && { weight }) }]
}

/** How a revision stands: it takes requests, or some of them, or is left, or waits for its turn. */
export function standingOf(
  { live, canary, moves }: Pick<RouteDetail, 'live' | 'canary' | 'moves'>,
  revision: number,
): 'live' | 'canary' | 'was left' | 'waits' {
  if (revision === live) return 'live'
  if (revision === canary?.revision) return 'canary'
  return revision < live || moves.some(({ from }) => from === revision) ? 'was left' : 'waits'
}

/** Whether a protected route does not let this revision go live: its newest gate has not passed, or was not run. */
export function lacksGate(
  { protected: isProtected, revisions }: Pick<RouteDetail, 'protected' | 'revisions'>,
  revision: number,
): boolean {
  const found = revisions.find(({ number }) => number === revision)
  const wantsOne = isProtected || (found?.settings as { protected?: unknown } | undefined)?.protected === true
  return wantsOne && found?.gate?.verdict !== 'pass'
}

export interface Difference {
  readonly path: string
  /** As JSON; undefined where there was nothing. */
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Every place at which two settings are not the same, by path. */
export function differencesOf(before: unknown, after: unknown): Difference[] {
  const a = new Map(leavesOf(before, ''))
  const b = new Map(leavesOf(after, ''))
  return [...new Set([...a.keys(), ...b.keys()])]
    .toSorted()
    .map((path) => ({ path, before: a.get(path), after: b.get(path) }))
    .filter((difference) => difference.before !== difference.after)
}

function leavesOf(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, JSON.stringify(value)]]
  const members = Array.isArray(value)
    ? value.map((member: unknown, index): [string, unknown] => [`${path}[${index}]`, member])
    : Object.entries(value).map(([name, member]): [string, unknown] => [
        path === '' ? name : `${path}.${name}`,
        member,
      ])
  return members.flatMap(([at, member]) => leavesOf(member, at))
}
