/** What all requests share on their way to a target. */

import type { LiveEvents } from '../admin/live-events.ts'
import type { Clock } from '../core/clock.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import { createFigureBook } from '../routing/figures.ts'
import { createHealth, type HealthChange } from '../routing/health.ts'
import { createHedgeBudget } from '../routing/hedge.ts'
import { createRetryBudget } from '../routing/retry-budget.ts'
import type { Limiter } from '../routing/port.ts'
import { toSnakeCase } from '../records/admin.ts'
import type { Log } from '../telemetry/log.ts'

export interface RoutingParts {
  readonly limiter: Limiter
  readonly clock: Clock
  readonly log: Log
  readonly events: LiveEvents
  /** Who hears when a target's health changes, beside the log and the live events. */
  readonly watchers: readonly ((change: HealthChange) => void)[]
}

/** A reload leaves it in place. */
export function createRouting({ limiter, clock, log, events, watchers }: RoutingParts): AttemptParts {
  const { random } = Math
  return {
    health: createHealth({
      clock,
      random,
      onChange(change) {
        log.warn({ ...change }, 'health of a target changed')
        events.publish('health', 'default', () => ({ ...toSnakeCase(change) }))
        for (const watch of watchers) watch(change)
      },
    }),
    figures: createFigureBook(clock),
    budget: createRetryBudget(clock),
    hedges: createHedgeBudget(),
    limiter,
    random,
  }
}
