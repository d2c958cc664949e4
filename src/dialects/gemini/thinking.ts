/** Gemini's `thinkingConfig`, to and from the canonical reasoning options. */

import { defined, type JsonObject } from '../../core/json.ts'
import type { ReasoningOptions } from '../../core/request.ts'

type Effort = NonNullable<ReasoningOptions['effort']>

const efforts: ReadonlySet<string> = new Set<Effort>(['minimal', 'low', 'medium', 'high'])

/** The options that a `thinkingConfig` with these members means. A budget of -1 leaves it to the model, 0 is off. */
export function reasoningOf(config: {
  readonly includeThoughts: boolean | undefined
  readonly thinkingBudget: number | undefined
  readonly thinkingLevel: string | undefined
}): ReasoningOptions {
  const { thinkingBudget: budget, thinkingLevel } = config
  const level = thinkingLevel?.toLowerCase()
  return {
    ...(level !== undefined && efforts.has(level) ? { effort: level as Effort } : {}),
    ...(budget === 0 ? { effort: 'none' } : {}),
    ...(budget === -1 ? { adaptive: true } : {}),
    ...(budget !== undefined && budget >= 0 ? { budgetTokens: budget } : {}),
    ...defined({ show: config.includeThoughts }),
  }
}

// Google's own table for efforts on models without levels (ai.google.dev/gemini-api/docs/openai).
const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24576,
  xhigh: 24576,
  max: 24576,
}

// Models with levels cannot turn thinking off; the least is the nearest.
const levels: Readonly<Record<Effort, string>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/**
 * The `thinkingConfig` for a model. Generations 1 and 2 take a budget in tokens, later ones a level; a model
 * refuses a request with both. A budget that the client gave without an effort goes to any model.
 */
export function thinkingConfig(reasoning: ReasoningOptions, model: string): JsonObject {
  const { effort, budgetTokens, adaptive, show } = reasoning
  const hasLevels = !/gemini-[12]\b/.test(model)
  const useLevel = hasLevels && effort !== undefined && !(effort === 'none' && budgetTokens === 0)
  const budget = budgetTokens ?? (adaptive ? -1 : effort === undefined ? undefined : budgets[effort])
  return defined({
    includeThoughts: show === undefined ? undefined : show !== false,
    thinkingLevel: useLevel ? levels[effort] : undefined,
    thinkingBudget: useLevel ? undefined : budget,
  })
}
