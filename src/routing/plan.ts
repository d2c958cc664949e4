/** Decides, without any I/O, which targets a request may go to and in which order. */

import { GatewayError } from '../core/error.ts'
import type { Provider } from '../providers/provider.ts'
import type { Decision, DecisionCandidate } from '../records/record.ts'
import { defaultBreaker } from './breaker.ts'
import { createCandidate } from './candidate.ts'
import { cannotCarry } from './carry.ts'
import type { FigureBook } from './figures.ts'
import { hashText } from './hash.ts'
import type { Health, Withheld } from './health.ts'
import { type AttemptPolicy, type Candidate, isRoute, type Route } from './route.ts'
import { arrange, type Option, type StrategyContext } from './strategy.ts'
import type { TaskGuesses } from './task.ts'
import type { RequestTraits } from './traits.ts'

/** What the configuration offers, compiled once. Names of routes win over names of models. */
export interface RoutingTable {
  readonly routes: ReadonlyMap<string, Route>
  readonly providers: ReadonlyMap<string, Provider>
  /** Revisions beside those that are live, by `route@number`. */
  readonly revisions?: ReadonlyMap<string, Route>
  /** `provider/model` of every target of a route. */
  readonly targets: ReadonlySet<string>
  /** The marks of a sensitive model by `provider/model`; undefined where it has none. Absent where none is marked. */
  sensitiveMarks?(name: string): readonly string[] | undefined
}

/** A target in the order of a plan. */
export interface Choice {
  readonly candidate: Candidate
  /** It is tried although its health speaks against it: nothing better is left. */
  readonly isForced: boolean
}

export interface Plan {
  /** Absent where the client named a target directly. */
  readonly route?: string
  readonly revision?: number
  /** Where the route's settings stand. */
  readonly settingsName?: string
  /** At least one. */
  readonly choices: readonly Choice[]
  readonly policy: AttemptPolicy
  readonly sessionHash: number | undefined
  /** Absent where there was nothing to decide. */
  readonly decision?: Decision
  /** Monotonic: when the first of the targets that were passed over is expected back. */
  readonly backAtMs?: number
}

export interface PlanParts {
  readonly health: Health
  readonly figures: FigureBook
  /** In [0, 1). */
  readonly random: () => number
  /** Monotonic. */
  readonly nowMs: number
  /** In Unix milliseconds. */
  readonly atMs: number
  /** What the examples of routes say, where they were asked. */
  readonly guesses?: TaskGuesses
}

const directPolicy: AttemptPolicy = {
  maxAttempts: 3,
  breaker: defaultBreaker,
  failoverOn: new Set(),
  continuesBroken: false,
}

/**
 * What a requested model means: a route's name, `provider/model`, or a bare model name that one provider serves.
 * Throws `model_not_found`.
 */
export function findDestination(
  model: string,
  table: Pick<RoutingTable, 'routes' | 'providers' | 'revisions'>,
): Route | Candidate {
  return table.routes.get(model) ?? table.revisions?.get(model) ?? directCandidate(model, table)
}

function directCandidate(model: string, { providers }: Pick<RoutingTable, 'providers'>): Candidate {
  const slash = model.indexOf('/')
  const named = slash > 0 ? providers.get(model.slice(0, slash)) : undefined
  if (named && slash < model.length - 1) return candidateOf(named, model.slice(slash + 1))
  const serving = [...providers.values()].filter((provider) => serves(provider, model))
  const [only, another] = serving
  if (only && !another) return candidateOf(only, model)
  const names = serving.map((provider) => `\`${provider.name}/${model}\``)
  throw new GatewayError(
    'model_not_found',
    only
      ? `The model \`${model}\` is served by several providers: send ${names.join(' or ')}.`
      : `The model \`${model}\` is not a route, and no configured provider serves it.`,
    { param: 'model' },
  )
}

function candidateOf(provider: Provider, model: string): Candidate {
  if (provider.isOff) {
    const told = `The provider ${provider.name} is switched off.`
    throw new GatewayError('no_eligible_target', told, { param: 'model' })
  }
  const candidate = createCandidate(provider, model)
  if (candidate) return candidate
  const message = `No key of provider ${provider.name} is for the model \`${model}\`.`
  throw new GatewayError('model_not_found', message, { param: 'model' })
}

function serves({ models, spec }: Provider, model: string): boolean {
  return models.includes(model) || spec.modelPrefixes.some((prefix) => model.startsWith(prefix))
}

/** The plan for a request. Throws `no_eligible_target` where no target of the route can take it. */
export function planRequest(destination: Route | Candidate, traits: RequestTraits, parts: PlanParts): Plan {
  const { session } = traits.caller
  const sessionHash = session === undefined ? undefined : hashText(session)
  if (!isRoute(destination)) {
    refuseOutsideRegion(destination, traits)
    return { choices: [{ candidate: destination, isForced: true }], policy: directPolicy, sessionHash }
  }
  const skipped: DecisionCandidate[] = []
  const { random, figures, nowMs, atMs, guesses } = parts
  const context = { traits, sessionHash, random, figures, nowMs, atMs, ...(guesses && { guesses }) }
  const found = candidatesOf(destination, context, skipped)
  if (found.candidates.length === 0) throw nothingEligible(destination, skipped)
  const { choices, backAtMs } = passOver(found, parts)
  return {
    route: destination.name,
    settingsName: destination.settingsName ?? destination.name,
    ...(destination.revision !== undefined && { revision: destination.revision }),
    choices,
    policy: destination.policy,
    sessionHash,
    decision: {
      strategy: destination.strategy,
      reason: found.reason,
      candidates: skipped.length === 0 ? found.lines : [...found.lines, ...skipped],
    },
    ...(backAtMs !== undefined && { backAtMs }),
  }
}

/** Only targets of routes say where they compute. */
function refuseOutsideRegion({ name }: Candidate, { caller: { dataRegion } }: RequestTraits): void {
  if (dataRegion === undefined) return
  throw new GatewayError(
    'no_eligible_target',
    `The request must stay in the data region ${dataRegion}, and ${name} names none: send the name of a route.`,
  )
}

interface Found {
  readonly candidates: readonly Candidate[]
  /** What the decision tells of each of them, in the same order. */
  readonly lines: DecisionCandidate[]
  readonly reason: string
}

const nothing: Found = { candidates: [], lines: [], reason: '' }

/** The targets that can take the request in the route's order, nested routes in their place. */
function candidatesOf(route: Route, context: StrategyContext, skipped: DecisionCandidate[]): Found {
  const options: Option[] = []
  let within: Map<Option, Found> | undefined
  if (route.shut) skipped.push(...route.shut)
  for (const entry of route.entries) {
    const unmet = entry.condition?.(context.traits)
    if (unmet !== undefined) {
      skipped.push({ target: entry.name, skippedBecause: `${unmet} does not hold` })
    } else if (isRoute(entry.to)) {
      const found = candidatesOf(entry.to, context, skipped)
      if (found.candidates.length === 0) continue
      const option = { entry, candidates: found.candidates }
      options.push(option)
      within ??= new Map()
      within.set(option, found)
    } else {
      const because = cannotCarry(entry.to, context.traits)
      if (because === undefined) options.push({ entry, candidates: [entry.to] })
      else skipped.push({ target: entry.name, skippedBecause: because })
    }
  }
  if (options.length === 0) return nothing
  const reason = options.length === 1 ? 'the only one that can take it' : arrange(route, options, context)
  const candidates: Candidate[] = []
  const lines: DecisionCandidate[] = []
  for (const option of options) {
    candidates.push(...option.candidates)
    lines.push(...(within?.get(option)?.lines ?? [lineOf(option)]))
  }
  return { candidates, lines, reason }
}

function lineOf({ entry, score }: Option): DecisionCandidate {
  return score === undefined ? { target: entry.name } : { target: entry.name, score }
}

/**
 * Passes over what health withholds, and never everything. Breakers shut out at most a half of the targets; the
 * others whose breaker is open go last. Where nothing is left, the one that is expected back first is tried.
 */
function passOver(
  { candidates, lines }: Found,
  { health, nowMs }: PlanParts,
): { choices: Choice[]; backAtMs: number | undefined } {
  const choices: Choice[] = []
  const held: { readonly at: number; readonly why: Withheld }[] = []
  for (let at = 0; at < candidates.length; at++) {
    const candidate = candidates[at]!
    const why = withheldOf(candidate, health, nowMs)
    if (why === undefined) choices.push({ candidate, isForced: false })
    else held.push({ at, why })
  }
  if (held.length === 0) return { choices, backAtMs: undefined }
  held.sort((a, b) => a.why.untilMs - b.why.untilMs)
  const open = held.filter(({ why }) => why.kind === 'open')
  const spared = open.slice(0, Math.max(0, open.length - Math.floor(candidates.length / 2)))
  const forced = choices.length + spared.length === 0 ? held.slice(0, 1) : spared
  for (const one of held) {
    if (forced.includes(one)) choices.push({ candidate: candidates[one.at]!, isForced: true })
    else lines[one.at] = { ...lines[one.at]!, skippedBecause: told(one.why, nowMs) }
  }
  return { choices, backAtMs: held[0]!.why.untilMs }
}

/** The reason that ends first, where every credential has one. */
function withheldOf({ legs }: Candidate, health: Health, nowMs: number): Withheld | undefined {
  let soonest: Withheld | undefined
  for (const leg of legs) {
    const why = health.withheld(leg, nowMs)
    if (why === undefined) return undefined
    if (soonest === undefined || why.untilMs < soonest.untilMs) soonest = why
  }
  return soonest
}

const words: Readonly<Record<Withheld['kind'], string>> = {
  open: 'its breaker is open',
  cooling: 'it asked to wait',
  parked: 'its credential is parked',
}

function told({ kind, untilMs }: Withheld, nowMs: number): string {
  return `${words[kind]} for ${Math.ceil((untilMs - nowMs) / 1000)} s more`
}

const maxToldReasons = 5

function nothingEligible(route: Route, skipped: readonly DecisionCandidate[]): GatewayError {
  const reasons = skipped
    .slice(0, maxToldReasons)
    .map(({ target, skippedBecause }) => `${target}: ${skippedBecause}`)
  return new GatewayError(
    'no_eligible_target',
    `No target of the route \`${route.name}\` can take this request (${reasons.join('; ')}).`,
  )
}
