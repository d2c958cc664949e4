/** What confirmed drift does to a route: nothing, a proposal, or one move back to a revision that was healthy lately. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { asObject, asString, type Json } from '../core/json.ts'
import type { FindVerdict, Move, Pointer, Revision } from './port.ts'
import type { Rollout } from './rollout.ts'

/** Drift that has shown itself on one metric in two of three runs. */
export interface DriftFound {
  readonly org: string
  readonly set: string
  /** A route, `route@number`, or `provider/model`. */
  readonly target: string
  readonly runId: string
  /** When the run that showed it began. */
  readonly startedAtMs: number
  readonly mode: 'suggest' | 'auto'
  readonly metric: string
  readonly direction: string
}

/** A run of the golden set that found nothing wrong. */
export interface HealthyRun {
  readonly target: string
  readonly atMs: number
}

export interface DriftMoveParts {
  readonly rollout: Rollout
  readonly clock: Clock
  readonly names: () => readonly string[]
  /** Of all golden sets, since that time. */
  readonly healthyRuns: (org: string, sinceMs: number) => Promise<readonly HealthyRun[]>
  readonly verdictOf: FindVerdict
}

const hourMs = 3_600_000
/** What was healthy longer ago proves nothing of today's model. */
const healthyWithinMs = 168 * hourMs
const cooldownMs = 6 * hourMs

/** Gives what was done, or why nothing was, in words. Never rejects. */
export type MoveOnDrift = (found: DriftFound) => Promise<string>

export function createDriftMover(parts: DriftMoveParts): MoveOnDrift {
  return async (found) => {
    const routes = parts.names().filter((route) => isMeant(route, found.target, parts.rollout))
    if (routes.length === 0) return `no route leads to ${found.target}: nothing can be moved`
    const outcomes: string[] = []
    for (const route of routes) outcomes.push(await moveOne(route, found, parts))
    return outcomes.join('; ')
  }
}

async function moveOne(route: string, found: DriftFound, parts: DriftMoveParts): Promise<string> {
  try {
    // Read before anything is asked: whoever moves it meanwhile wins.
    const pointer = parts.rollout.pointer(route)
    const moves = await parts.rollout.moves(route, 1_000)
    const to = await findHealthy(pointer, moves, found, parts)
    if (to === undefined) return `${route} stays: no other revision was healthy lately`
    if (pointer.changedAtMs > found.startedAtMs)
      return `${route} stays: it was moved while the run was under way`
    if (pointer.hold) return `${route} stays: it is held (${pointer.hold.reason})`
    if (found.mode === 'suggest') return `to go back: weir rollback ${route} --to ${to}`
    const obstacle = obstacleOf(moves, parts.clock.nowMs())
    if (obstacle !== undefined)
      return `${route} stays: ${obstacle}; to go back: weir rollback ${route} --to ${to}`
    const why = `${found.metric} ${found.direction} in golden set ${found.set}, run ${found.runId}`
    await parts.rollout.moveOnDrift(pointer, to, why)
    return `${route} went back from revision ${pointer.live} to ${to}`
  } catch (error) {
    if (error instanceof GatewayError) return `${route} stays: ${error.message}`
    throw error
  }
}

function isMeant(route: string, target: string, rollout: Rollout): boolean {
  const { live } = rollout.pointer(route)
  if (target === route || target === `${route}@${live}`) return true
  return targetsOf(rollout.revision(route, live)).includes(target)
}

/** At most one automatic move in 24 hours, and six hours between two. */
function obstacleOf(moves: readonly Move[], nowMs: number): string | undefined {
  const last = moves.find(({ kind }) => kind === 'drift')
  if (!last) return undefined
  if (nowMs - last.atMs < cooldownMs) return 'it was moved by itself less than 6 hours ago'
  return nowMs - last.atMs < 24 * hourMs ? 'it was moved by itself less than a day ago' : undefined
}

/** What it was moved away from by itself, and no person has put back since: it never goes there by itself. */
function leftByItself(moves: readonly Move[]): ReadonlySet<number> {
  const left = new Set<number>()
  for (const { kind, from, to } of moves.toReversed()) {
    if (kind === 'drift' && from !== undefined) left.add(from)
    else if (isOfPointer(kind)) left.delete(to)
  }
  return left
}

/** The newest other revision that was healthy lately, and that does not lead to the very models that have drifted. */
async function findHealthy(
  { org, route, live }: Pointer,
  moves: readonly Move[],
  { target }: DriftFound,
  { rollout, clock, healthyRuns, verdictOf }: DriftMoveParts,
): Promise<number | undefined> {
  const sinceMs = clock.nowMs() - healthyWithinMs
  const seen = new Set<number>()
  for (const run of await healthyRuns(org, sinceMs)) {
    const asked = revisionAsked(run, route, target, moves)
    if (asked !== undefined) seen.add(asked)
  }
  const current = rollout.revision(route, live)
  const left = leftByItself(moves)
  const others = rollout.revisions(route).toReversed()
  for (const revision of others) {
    const { number } = revision
    if (number === live || left.has(number)) continue
    // The same models have drifted under it too, unless what is live was never healthy: then the change was ours.
    if (seen.has(live) && hasSameTargets(revision, current)) continue
    if (seen.has(number)) return number
    const verdict = await verdictOf(org, route, number)
    if (verdict?.verdict === 'pass' && verdict.atMs >= sinceMs) return number
  }
  return undefined
}

/** The revision of the route that a run asked: the one it named, or what was live then. */
function revisionAsked(
  run: HealthyRun,
  route: string,
  drifted: string,
  moves: readonly Move[],
): number | undefined {
  if (run.target.startsWith(`${route}@`)) return Number(run.target.slice(route.length + 1))
  if (run.target !== route && run.target !== drifted) return undefined
  const before = moves.find(({ atMs, kind }) => atMs <= run.atMs && isOfPointer(kind))
  return before?.to
}

function isOfPointer(kind: Move['kind']): boolean {
  return kind === 'add' || kind === 'promote' || kind === 'rollback' || kind === 'drift'
}

function hasSameTargets(a: Revision, b: Revision): boolean {
  return targetsOf(a).toSorted().join() === targetsOf(b).toSorted().join()
}

function targetsOf({ settings }: Revision): string[] {
  const { targets } = settings as { readonly targets?: readonly Json[] }
  return (targets ?? []).flatMap((entry) => asString(asObject(entry)?.['target'] ?? entry) ?? [])
}
