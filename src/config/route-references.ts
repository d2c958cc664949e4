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
    ...checkExperiment(name, route, routes, providers),
  ])
}

export function checkTarget(
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

function checkExperiment(
  name: string,
  { strategy, experiment, targets }: RouteSettings,
  routes: Settings['routes'],
  providers: Providers,
): Finding[] {
  const path = ['routes', name, 'experiment']
  const within = targets.findIndex(({ target }) => isExperiment(target, routes))
  if (within >= 0) {
    const at = ['routes', name, 'targets', within]
    return [{ path: at, message: 'an experiment within a route', mend: 'Name its targets here.' }]
  }
  if (strategy === 'experiment' && !experiment) {
    const mend = 'Add `experiment` with its `name` and `arms`.'
    return [{ path: ['routes', name], message: 'the strategy `experiment` without `experiment`', mend }]
  }
  if (!experiment) return []
  if (strategy !== 'experiment') {
    const mend = 'Set `strategy: experiment`, or remove it.'
    return [{ path, message: 'arms without the strategy `experiment`', mend }]
  }
  return [
    ...checkArms(path, experiment.arms, routes, providers),
    ...checkJudge(path, experiment, routes, providers),
  ]
}

type ExperimentSettings = NonNullable<RouteSettings['experiment']>

function checkArms(
  path: Path,
  arms: ExperimentSettings['arms'],
  routes: Settings['routes'],
  providers: Providers,
): Finding[] {
  return arms.flatMap(({ name, targets = [], prompt, parameters }, index): Finding[] => {
    const at = [...path, 'arms', index]
    if (arms.findIndex((arm) => arm.name === name) < index) {
      return [{ path: [...at, 'name'], message: 'a name given twice', mend: 'Give each arm its own name.' }]
    }
    const isChanged = targets.length > 0 || prompt !== undefined || parameters !== undefined
    if (isChanged === index > 0) {
      return targets.flatMap((target, place): Finding[] => {
        const where = [...at, 'targets', place]
        if (target.includes('/')) return checkTarget(where, target, routes, providers)
        return [
          { path: where, message: 'not a target', mend: 'Write `provider/model`: arms name no routes.' },
        ]
      })
    }
    return index === 0
      ? [
          {
            path: at,
            message: 'a control that is changed',
            mend: 'Let the first arm be the route as it stands.',
          },
        ]
      : [{ path: at, message: 'an arm like the control', mend: 'Add `targets`, `prompt` or `parameters`.' }]
  })
}

/** A judge that is this route, or leads to it, would grade itself. */
function checkJudge(
  path: Path,
  { metric, guardrails, judge }: ExperimentSettings,
  routes: Settings['routes'],
  providers: Providers,
): Finding[] {
  const isWanted = metric === 'judge' || guardrails.some((guardrail) => guardrail.metric === 'judge')
  if (isWanted && !judge) {
    return [
      {
        path,
        message: 'the metric `judge` without a `judge`',
        mend: 'Add `judge` with `target` and `rubric`.',
      },
    ]
  }
  if (!judge) return []
  const at = [...path, 'judge', 'target']
  if (isExperiment(judge.target, routes)) {
    return [{ path: at, message: 'a judge that is itself an experiment', mend: 'Write `provider/model`.' }]
  }
  return checkTarget(at, judge.target, routes, providers)
}

function isExperiment(target: string, routes: Settings['routes']): boolean {
  return Object.hasOwn(routes, target) && routes[target]!.strategy === 'experiment'
}
