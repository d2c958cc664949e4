/** Names the task of a request: by the first rule that holds, else by the nearest labelled examples, else by default. */

import { isRoute, type Route } from './route.ts'
import type { RequestTraits } from './traits.ts'

/** What the labelled examples say of a request. */
export interface TaskGuess {
  /** Absent: they say nothing, and `reason` why. */
  readonly label?: string
  readonly reason: string
}

/** By the route that asked for it. */
export type TaskGuesses = ReadonlyMap<Route, TaskGuess>

export interface Task {
  readonly label?: string
  readonly reason: string
}

/** A rule without a condition is the default: examples, where there are any, come before it. */
export function taskOf(route: Route, traits: RequestTraits, guess: TaskGuess | undefined): Task {
  const found = firstThatHolds(route, traits)
  const rule = route.rules[found]
  if (!rule?.condition && guess?.label !== undefined) return guess
  const why = guess && !rule?.condition ? ` (${guess.reason})` : ''
  if (rule === undefined) return { reason: `no rule holds${why}` }
  return { label: rule.label, reason: `rule ${found + 1} names the task ${rule.label}${why}` }
}

/** The routes, from this one inwards, whose examples must be asked about this request. */
export function routesInDoubt(route: Route, traits: RequestTraits): Route[] {
  const own = isInDoubt(route, traits) ? [route] : []
  return route.hasExamples
    ? [...own, ...route.entries.flatMap(({ to }) => (isRoute(to) ? routesInDoubt(to, traits) : []))]
    : own
}

function isInDoubt(route: Route, traits: RequestTraits): boolean {
  return route.examples !== undefined && !route.rules[firstThatHolds(route, traits)]?.condition
}

function firstThatHolds({ rules }: Route, traits: RequestTraits): number {
  return rules.findIndex(({ condition }) => condition?.(traits) === undefined)
}
