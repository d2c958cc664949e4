/** The strategies: each scores a route's targets and puts them into an order, the lowest score first. Pure. */

import type { FigureBook, Figures } from './figures.ts'
import { combineHashes } from './hash.ts'
import type { Candidate, Route, RouteEntry } from './route.ts'
import { taskOf, type TaskGuesses } from './task.ts'
import type { RequestTraits } from './traits.ts'

/** One entry of a route that can take the request: a target, or a nested route's targets in their own order. */
export interface Option {
  readonly entry: RouteEntry
  /** At least one; the first stands for all. */
  readonly candidates: readonly Candidate[]
  /** Lower is better; absent where the strategy has none for it. */
  score?: number
}

export interface StrategyContext {
  readonly traits: RequestTraits
  readonly figures: FigureBook
  /** In [0, 1). */
  readonly random: () => number
  /** Monotonic. */
  readonly nowMs: number
  /** In Unix milliseconds: prices depend on it. */
  readonly atMs: number
  /** What the examples of routes say, where they were asked. */
  readonly guesses?: TaskGuesses
  /** Of the caller's session; absent where there is none. */
  readonly sessionHash: number | undefined
}

/** Sorts `options` in place by the route's strategy, and says why the first is first. */
export function arrange(route: Route, options: Option[], context: StrategyContext): string {
  switch (route.strategy) {
    case 'ordered':
      return 'in the order of the configuration'
    case 'experiment':
      return 'in the order of its arm'
    case 'weighted':
      return arrangeByWeight(route, options, context)
    case 'cheapest':
      return arrangeByPrice(options, context)
    case 'fastest':
      return arrangeBySpeed(route, options, context)
    case 'task':
      return arrangeByTask(route, options, context)
  }
}

function byScore(a: Option, b: Option): number {
  return a.score === b.score ? 0 : (a.score ?? Infinity) - (b.score ?? Infinity)
}

// -- weighted

/**
 * Exponential variates with the weights as rates: their order draws without replacement in proportion to the
 * weights (Efraimidis and Spirakis 2006). Where the chance comes from the session's hash this is weighted
 * rendezvous hashing: a session stays, and a target that comes or goes moves only its own share of them.
 */
function arrangeByWeight(route: Route, options: Option[], context: StrategyContext): string {
  const { sessionHash, random } = context
  for (const option of options) {
    const { entry } = option
    const chance = sessionHash === undefined ? 1 - random() : sessionRank(route, entry, sessionHash)
    option.score = -Math.log(chance) / entry.weight
  }
  options.sort(byScore)
  return sessionHash === undefined ? 'drawn by weight' : 'kept by its session, by weight'
}

/** The session's own number in (0, 1) for this target of this route. */
function sessionRank(route: Route, entry: RouteEntry, sessionHash: number): number {
  return combineHashes(sessionHash ^ route.hash, entry.hash)
}

// -- cheapest

/** The length of an answer where nothing has been measured yet. */
const usualOutputTokens = 500

function expectedOutputTokens({ content }: RequestTraits, figures: Figures | undefined): number {
  return Math.min(figures?.outputTokens ?? usualOutputTokens, content.maxOutputTokens ?? Infinity)
}

/** Figures that are older than this count for nothing. */
const staleMs = 600_000
/** As many measured answers outweigh the belief in a target that is hardly known: */
const beliefSamples = 4
/** it reads this share of the prompt from its cache, */
const believedCachedShare = 0.9
/** and is this much briefer than the briefest of the others. */
const believedBrevity = 0.5

/**
 * The score is the expected cost in nano-dollars. A target that is hardly known is believed to be brief and well
 * cached: so it is tried where that would pay, until it is known. Targets without a
 * price come last, in their given order.
 */
function arrangeByPrice(options: Option[], { traits, figures, atMs, nowMs }: StrategyContext): string {
  const { inputTokens } = traits
  const measured = options.map(({ candidates }) => {
    const found = figures.of(candidates[0]!.figureKey)
    return found && nowMs - found.sampledAtMs < staleMs ? found : undefined
  })
  let briefest = Infinity
  for (const found of measured) {
    if (found) briefest = Math.min(briefest, expectedOutputTokens(traits, found))
  }
  if (briefest === Infinity) briefest = expectedOutputTokens(traits, undefined)
  const believedOutput = briefest * believedBrevity
  for (let at = 0; at < options.length; at++) {
    const option = options[at]!
    const price = option.candidates[0]!.price?.(inputTokens, atMs)
    if (price === undefined) continue
    const found = measured[at]
    const trust = found ? found.samples / (found.samples + beliefSamples) : 0
    const cachedShare = believedCachedShare + trust * ((found?.cachedShare ?? 0) - believedCachedShare)
    const output = believedOutput + trust * (expectedOutputTokens(traits, found) - believedOutput)
    const cached = inputTokens * cachedShare
    option.score =
      ((inputTokens - cached) * price.input + cached * price.cacheRead + output * price.output) / 1e6
  }
  options.sort(byScore)
  return options[0]!.score === undefined ? 'no target has a price' : 'the lowest expected cost'
}

// -- fastest

/** Targets within this much of the fastest are as good as it: requests are spread over them. */
const nearFastest = 1.1
/** Share of requests that go where nothing was measured for longest: without them no recovery is ever seen. */
const explorationShare = 0.02

/**
 * The score is the expected time in milliseconds to the end of the answer. Of the targets near the fastest two are
 * drawn and the better one goes first, so that not all instances pile onto one; a session keeps its own of them.
 */
function arrangeBySpeed(route: Route, options: Option[], context: StrategyContext): string {
  const { traits, figures, random, sessionHash } = context
  let fastest = Infinity
  for (const option of options) {
    const score = expectedMs(traits, figures.of(option.candidates[0]!.figureKey))
    if (score === undefined) continue
    option.score = score
    fastest = Math.min(fastest, score)
  }
  if (sessionHash === undefined && random() < explorationShare) {
    arrangeBehind(leastMeasured(options, figures), options)
    return 'measured anew: its figures are the oldest'
  }
  const near = options.filter(({ score }) => score === undefined || score <= fastest * nearFastest)
  const first = sessionHash === undefined ? betterOfTwo(near, random) : ownOfSession(route, near, sessionHash)
  arrangeBehind(first, options)
  if (near.length === 1) return 'the fastest'
  return sessionHash === undefined ? 'the faster of two drawn' : 'kept by its session, among the fastest'
}

/** Undefined where nothing has been measured. */
function expectedMs(traits: RequestTraits, figures: Figures | undefined): number | undefined {
  if (figures === undefined) return undefined
  const { firstTokenMs, tokensPerSecond } = figures
  if (firstTokenMs === undefined && tokensPerSecond === undefined) return undefined
  const writingMs = tokensPerSecond ? (expectedOutputTokens(traits, figures) / tokensPerSecond) * 1000 : 0
  return (firstTokenMs ?? 0) + writingMs
}

/** One that is not measured yet wins by chance only: a burst must not go to it as a whole. */
function betterOfTwo(near: readonly Option[], random: () => number): Option {
  const at = Math.floor(random() * near.length)
  const other = (at + 1 + Math.floor(random() * (near.length - 1))) % near.length
  const [a, b] = [near[at]!, near[other]!]
  if (a.score === undefined || b.score === undefined) return a
  return b.score < a.score ? b : a
}

function ownOfSession(route: Route, near: readonly Option[], sessionHash: number): Option {
  const rank = ({ entry }: Option) => sessionRank(route, entry, sessionHash)
  return near.reduce((best, option) => (rank(option) > rank(best) ? option : best))
}

function leastMeasured(options: readonly Option[], figures: FigureBook): Option {
  const sampledAtMs = ({ candidates }: Option) =>
    figures.of(candidates[0]!.figureKey)?.sampledAtMs ?? -Infinity
  return options.reduce((oldest, option) => (sampledAtMs(option) < sampledAtMs(oldest) ? option : oldest))
}

function arrangeBehind(first: Option, options: Option[]): void {
  options.sort(byScore)
  options.splice(options.indexOf(first), 1)
  options.unshift(first)
}

// -- task

/** The score is 0 for targets of the request's task and 1 for all others, which stay as a way out. */
function arrangeByTask(route: Route, options: Option[], { traits, guesses }: StrategyContext): string {
  const { label, reason } = taskOf(route, traits, guesses?.get(route))
  if (label === undefined) return `${reason}: in the order of the configuration`
  for (const option of options) option.score = option.entry.labels.includes(label) ? 0 : 1
  options.sort(byScore)
  return options[0]!.score === 0 ? reason : `${reason}, and no target for it can take the request`
}
