/** What all requests share on their way to a target. */

import type { Clock } from '../core/clock.ts'
import type { AttemptParts } from '../routing/attempt.ts'
import { createFigureBook } from '../routing/figures.ts'
import { createHealth, type HealthChange } from '../routing/health.ts'
import { createHedgeBudget } from '../routing/hedge.ts'
import { createRetryBudget } from '../routing/retry-budget.ts'
import type { Limiter } from '../routing/port.ts'

/** A reload leaves it in place. */
export function createRouting(
  limiter: Limiter,
  clock: Clock,
  onHealthChange: (change: HealthChange) => void,
): AttemptParts {
  const { random } = Math
  return {
    health: createHealth({
      clock,
      random,
      onChange: onHealthChange,
    }),
    figures: createFigureBook(clock),
    budget: createRetryBudget(clock),
    hedges: createHedgeBudget(),
    limiter,
    random,
  }
}
