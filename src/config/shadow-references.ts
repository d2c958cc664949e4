/** Checks that shadow traffic has a route to come from, and a candidate to go to. */

import { type Finding, quote } from './fault.ts'
import type { ProviderChoice } from './providers.ts'
import { checkTarget } from './route-references.ts'
import type { Settings } from './schema.ts'

export function checkShadow(
  { shadow, routes }: Settings,
  providers: Readonly<Record<string, ProviderChoice>>,
): Finding[] {
  return shadow.flatMap(({ route, target, judge }, index): Finding[] => {
    const path = ['shadow', index]
    if (!Object.hasOwn(routes, route)) {
      return [
        {
          path: [...path, 'route'],
          message: `no route is called ${quote(route)}`,
          mend: 'Name one of `routes`.',
        },
      ]
    }
    if (target === route) {
      const mend = 'Name another target, or a revision such as `assistant@8`.'
      return [{ path: [...path, 'target'], message: 'the route itself', mend }]
    }
    // Revisions are known to the store alone; the route of one must be there.
    const named = target.includes('/') ? target : target.replace(/@[1-9]\d*$/, '')
    return [
      ...checkTarget([...path, 'target'], named, routes, providers),
      ...(judge ? checkTarget([...path, 'judge', 'target'], judge.target, routes, providers) : []),
    ]
  })
}
