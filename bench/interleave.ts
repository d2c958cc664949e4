/** Takes turns between the sides of a comparison and keeps the best round of each. */

import { type LoadOptions, type LoadResult, quantile, runLoad } from './load.ts'
import type { Measured } from './process.ts'

/** One of the things compared, with the load that it gets. */
export interface Side<Name extends string = string> {
  readonly name: Name
  readonly process: Measured
  readonly load: LoadOptions
}

export interface Round {
  /** Per piece of content; per request, where the answer is not streamed. */
  readonly cpuMicros: number
  /** The share of its core that the process used. */
  readonly utilisation: number
  readonly perSecond: number
  readonly latencyP50Ms: number
  readonly latencyP99Ms: number
  readonly firstTokenP50Ms: number
  readonly firstTokenP99Ms: number
}

/** Work that is put off (records are written in groups) belongs to the requests that caused it. */
const settleMs = 500

/** One round: the load, and what the process used for it. */
export async function measure({ process, load }: Side): Promise<Round> {
  const before = process.cpuMicros()
  const result = await runLoad(load)
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  return toRound(result, process.cpuMicros() - before)
}

function toRound({ chunks, seconds, latenciesMs, firstTokensMs }: LoadResult, cpuMicros: number): Round {
  return {
    cpuMicros: cpuMicros / chunks,
    utilisation: cpuMicros / (seconds * 1e6),
    perSecond: chunks / seconds,
    latencyP50Ms: quantile(latenciesMs, 0.5),
    latencyP99Ms: quantile(latenciesMs, 0.99),
    firstTokenP50Ms: quantile(firstTokensMs, 0.5),
    firstTokenP99Ms: quantile(firstTokensMs, 0.99),
  }
}

/**
 * After a warm-up of each side that does not count, `rounds` rounds by turns. The best value of each measure is kept.
 * `warmUpMs`: at least so long, in whole rounds.
 */
export async function interleave<Name extends string>(
  sides: readonly Side<Name>[],
  { rounds, warmUpMs }: { readonly rounds: number; readonly warmUpMs: number },
): Promise<Record<Name, Round>> {
  const taken = new Map<Name, Round[]>(sides.map(({ name }) => [name, []]))
  for (const side of sides) {
    const untilMs = performance.now() + warmUpMs
    do await runLoad(side.load)
    while (performance.now() < untilMs)
  }
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) taken.get(side.name)!.push(await measure(side))
  }
  return Object.fromEntries([...taken].map(([name, values]) => [name, best(values)])) as Record<Name, Round>
}

/** Noise only ever adds: the least is the nearest to the truth. */
function best(rounds: readonly Round[]): Round {
  const least = (read: (round: Round) => number) => Math.min(...rounds.map(read))
  return {
    cpuMicros: least((round) => round.cpuMicros),
    utilisation: least((round) => round.utilisation),
    perSecond: Math.max(...rounds.map((round) => round.perSecond)),
    latencyP50Ms: least((round) => round.latencyP50Ms),
    latencyP99Ms: least((round) => round.latencyP99Ms),
    firstTokenP50Ms: least((round) => round.firstTokenP50Ms),
    firstTokenP99Ms: least((round) => round.firstTokenP99Ms),
  }
}
