/** Joins the lanes of batches to the routes and keys that their lines go by, and to what is learnt of them. */

import type { CallEnd, LaneName, Turn, Way, Ways } from '../batch/lanes.ts'
import type { Clock } from '../core/clock.ts'
import type { ErrorCode, GatewayError } from '../core/error.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { Health } from '../routing/health.ts'
import { findDestination } from '../routing/plan.ts'
import { type Candidate, isRoute, type Leg, type Route } from '../routing/route.ts'
import type { AttemptResult } from '../upstream/operation.ts'
import { toldBudgets } from '../upstream/told-budgets.ts'

export interface LanePartsOfBatches {
  readonly snapshot: () => Snapshot
  readonly health: Health
  readonly clock: Clock
}

/** Names of models come from callers. */
const maxKnown = 1000
/** A model that is not there any more: its answer will say so. */
const nowhere: Ways = [[{ lane: 'unknown', model: '', isWithheld: () => false }]]

/** The ways of a line by the model that it names; one and the same for all lines that name it. */
export function createWaysOf({ snapshot, health, clock }: LanePartsOfBatches): (model: string) => Ways {
  const wayOf = (leg: Leg): Way => ({
    ...laneOf(leg),
    isWithheld: () => health.withheld(leg, clock.monotonicMs()) !== undefined,
  })
  let table: Snapshot['table'] | undefined
  let known = new Map<string, Ways>()
  return (model) => {
    if (table !== snapshot().table || known.size >= maxKnown) {
      table = snapshot().table
      known = new Map()
    }
    let ways = known.get(model)
    if (!ways) known.set(model, (ways = legsOf(model, table)?.map((legs) => legs.map(wayOf)) ?? nowhere))
    return ways
  }
}

function legsOf(model: string, table: Snapshot['table']): Leg[][] | undefined {
  try {
    return targetsOf(findDestination(model, table))
  } catch {
    return undefined
  }
}

/** Of an ordered route, target by target; where the order is found out with each request, all of them are as one. */
function targetsOf(destination: Route | Candidate): Leg[][] {
  if (!isRoute(destination)) return [[...destination.legs]]
  const arms = destination.experiment?.arms.flatMap(({ route }) => targetsOf(route))
  const targets = arms ?? destination.entries.flatMap(({ to }) => targetsOf(to))
  return destination.strategy === 'ordered' && !arms ? targets : [targets.flat()]
}

function laneOf({ credentialKey, target }: Leg): LaneName {
  return { lane: credentialKey, model: target.model }
}

/** The targets' health as one line sees it: keys whose lanes are full come last, and its calls are told to their lanes. */
export function healthInLanes(health: Health, turn: Turn, clock: Clock): Health {
  return {
    ...health,
    isFull: (leg) => turn.isFull(laneOf(leg)),
    begin(leg) {
      health.begin(leg)
      turn.begin(laneOf(leg))
    },
    abandon(leg) {
      health.abandon(leg)
      turn.end(laneOf(leg), { kind: 'failed' })
    },
    record(leg, error, settings, result) {
      health.record(leg, error, settings, result)
      turn.end(laneOf(leg), endOf(error, result, clock))
    },
  }
}

/** What a target says where it has too much to do. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream_rate_limit', 'upstream_overloaded'])

function endOf(
  error: GatewayError | undefined,
  result: Pick<AttemptResult, 'headers' | 'usage'> | undefined,
  clock: Clock,
): CallEnd {
  if (error && refusals.has(error.code)) return { kind: 'refused', retryAfterMs: error.retryAfterMs }
  if (error || !result) return { kind: 'failed' }
  const { headers = {}, usage } = result
  const tokens = usage && usage.inputTokens + usage.outputTokens
  return { kind: 'answered', heard: { budgets: toldBudgets(headers, clock.nowMs()), tokens } }
}
