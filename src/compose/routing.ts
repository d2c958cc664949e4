/** What all requests share on their way to a target. */

import type { Clock } from '../core/clock.ts'
import type { AttemptParts } from '../routing/attempt.ts'
import { createFigureBook } from '../routing/figures.ts'
import { createHealth } from '../routing/health.ts'
import { createHedgeBudget } from '../routing/hedge.ts'
import { createRetryBudget } from '../routing/retry-budget.ts'
import type { Limiter } from '../routing/port.ts'
import type { Log } from '../telemetry/log.ts'

/** A reload leaves it in place. */
export function createRouting(limiter: Limiter, clock: Clock, log: Log): AttemptParts {
  const { random } = Math
  return {
    health: createHealth({
      clock,
      random,
      onChange: (change) => log.warn({ ...change }, 'health of a target changed'),
    }),
    figures: createFigureBook(clock),
    budget: createRetryBudget(clock),
    hedges: createHedgeBudget(),
    limiter,
    random,
  }
}
