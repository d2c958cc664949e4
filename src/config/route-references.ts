/** Checks that routes lead somewhere: targets that exist, no route within itself, tasks that some target is for. */

import { globPattern } from '../core/glob.ts'
import { type Finding, type Path, quote } from './fault.ts'
import { nearest } from './nearest.ts'
import type { ProviderChoice } from './providers.ts'
import type { RouteSettings, Settings } from './schema.ts'

type Providers = Readonly<Record<string, ProviderChoice>>

export function checkRoutes({ routes }: Settings, providers: Providers): Finding[] {
  return Object.entries(routes).flatMap(([name, route]) => [
    ...route.targets.flatMap(({ target }, index) =>
      checkTarget(['routes', name, 'targets', index], target, routes, providers),
    ),
    ...checkCycle(name, routes),
    ...checkRules(name, route),
    ...checkExamples(name, route, routes, providers),
    ...checkHedge(name, route),
  ])
}

function checkTarget(
  path: Path,
  target: string,
  routes: Settings['routes'],
  providers: Providers,
): Finding[] {
  const slash = target.indexOf('/')
  if (slash < 0 && Object.hasOwn(routes, target)) return []
  if (slash < 0) return [unknownRoute(path, target, Object.keys(routes))]
  if (slash === 0 || slash === target.length - 1) {
    return [{ path, message: 'not a target', mend: 'Write `provider/model`, or the name of a route.' }]
  }
  const name = target.slice(0, slash)
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined
  if (provider === undefined) {
    const near = nearest(name, Object.keys(providers))
    const hint = near === undefined ? '' : ` The nearest configured one is \`${near}\`.`
    return [
      {
        path,
        message: `the provider ${quote(name)} is not configured`,
        mend: `Add it under \`providers\`.${hint}`,
      },
    ]
  }
  const model = target.slice(slash + 1)
  const isForSome = provider.apiKeys?.some(
    ({ models }) => models === undefined || models.some((glob) => globPattern(glob).test(model)),
  )
  if (isForSome !== false) return []
  const mend = `Add it to the \`models\` of one of \`providers.${name}.apiKeys\`.`
  return [{ path, message: `no key of the provider is for the model ${quote(model)}`, mend }]
}

function unknownRoute(path: Path, target: string, names: readonly string[]): Finding {
  const near = nearest(target, names)
  const hint = near === undefined ? '' : ` The nearest route is \`${near}\`.`
  return {
    path,
    message: 'neither a target nor a route',
    mend: `Write \`provider/model\`, or the name of a route.${hint}`,
  }
}

/** Told once for each ring, at the route of it whose name comes first. */
function checkCycle(start: string, routes: Settings['routes']): Finding[] {
  const ring = ringFrom(start, routes)
  if (ring === undefined || ring.some((name) => name < start)) return []
  const index = routes[start]!.targets.findIndex(({ target }) => target === (ring[1] ?? start))
  return [
    {
      path: ['routes', start, 'targets', index],
      message: `a cycle of routes: ${[...ring, start].join(' -> ')}`,
      mend: 'Remove one of these targets.',
    },
  ]
}

/** The routes from `start` back to itself, without the second `start`. */
function ringFrom(start: string, routes: Settings['routes']): readonly string[] | undefined {
  const seen = new Set<string>()
  const search = (trail: readonly string[]): readonly string[] | undefined => {
    for (const { target } of routes[trail.at(-1)!]!.targets) {
      if (target === start) return trail
      if (seen.has(target) || !Object.hasOwn(routes, target)) continue
      seen.add(target)
      const ring = search([...trail, target])
      if (ring) return ring
    }
    return undefined
  }
  return search([start])
}

function checkRules(name: string, { strategy, rules, targets, examples }: RouteSettings): Finding[] {
  const path = ['routes', name, 'rules']
  if (strategy === 'task' && rules.length === 0 && !examples) {
    const mend = 'Add rules, each with a `label` and, but for the last, a `when`.'
    return [{ path: ['routes', name], message: 'the strategy `task` without `rules` or `examples`', mend }]
  }
  if (strategy !== 'task' && rules.length > 0) {
    return [{ path, message: 'rules without the strategy `task`', mend: 'Set `strategy: task`.' }]
  }
  const labels = targets.flatMap((target) => target.labels ?? [])
  return rules.flatMap(({ label }, index) => {
    if (labels.includes(label)) return []
    const mend = `Add \`labels: [${label}]\` to a target, or correct the name.`
    return [{ path: [...path, index, 'label'], message: `no target is for the task ${quote(label)}`, mend }]
  })
}

/** An embedder that is a route could lead back to this one. */
function checkExamples(
  name: string,
  { strategy, targets, examples }: RouteSettings,
  routes: Settings['routes'],
  providers: Providers,
): Finding[] {
  if (!examples) return []
  const path = ['routes', name, 'examples']
  if (strategy !== 'task') {
    return [{ path, message: 'examples without the strategy `task`', mend: 'Set `strategy: task`.' }]
  }
  const { embedder, labelled } = examples
  const at = [...path, 'embedder']
  const labels = targets.flatMap((target) => target.labels ?? [])
  const unknown = labelled.findIndex(({ label }) => !labels.includes(label))
  const found = Object.hasOwn(routes, embedder)
    ? [{ path: at, message: 'an embedder that is a route', mend: 'Write `provider/model`.' }]
    : checkTarget(at, embedder, {}, providers)
  if (unknown < 0) return found
  const { label } = labelled[unknown]!
  const mend = `Add \`labels: [${label}]\` to a target, or correct the name.`
  const message = `no target is for the task ${quote(label)}`
  return [...found, { path: [...path, 'labelled', unknown, 'label'], message, mend }]
}

function checkHedge(name: string, { hedge, retry }: RouteSettings): Finding[] {
  if (hedge === undefined || retry.attempts > 1) return []
  const mend = 'Set `retry.attempts` to 2 or more: the second attempt is the hedge.'
  return [{ path: ['routes', name, 'hedge'], message: 'no attempt is left to hedge with', mend }]
}
