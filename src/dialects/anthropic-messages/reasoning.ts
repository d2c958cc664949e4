/** How much to think: the canonical options as `thinking` and `output_config.effort`. */

import type { JsonObject } from '../../core/json.ts'
import type { GenRequest, ReasoningOptions } from '../../core/request.ts'

/** The API refuses smaller budgets. */
const minBudgetTokens = 1024

interface WireReasoning {
  readonly thinking?: JsonObject
  readonly effort?: string
  readonly maxTokens: number
}

interface OutputLimit {
  /** What the answer may take, by the client's wish or by default. */
  readonly limit: number
  /** The most that the model can give, where it is known. */
  readonly ceiling?: number
}

interface Message {
  readonly role: string
  readonly content: readonly JsonObject[]
}

/**
 * A budget becomes `thinking.enabled`, an effort `output_config.effort` with adaptive thinking. The API counts
 * thinking as output and wants the budget below `max_tokens`; the limit is then raised by the budget, so that
 * the visible answer keeps the room that the client gave it.
 *
 * Where the API would refuse thinking (a forced tool, or a tool round whose call came from another model and
 * so has no thinking before it), the request goes without, and `dropped` names `reasoning`. Requests that
 * this dialect decoded are passed on as they were, unless the call's thinking was dropped here.
 */
export function reasoningToWire(
  request: GenRequest,
  { limit, ceiling }: OutputLimit,
  messages: readonly Message[],
  dropped: Set<string>,
): WireReasoning {
  const { reasoning } = request
  if (reasoning === undefined) return { maxTokens: limit }
  const isOwn = request.native?.dialect === 'anthropic-messages'
  const effort = isOwn ? effortOf(reasoning) : reportedEffort(reasoning, dropped)
  const thinking = thinkingOf(reasoning, isOwn, dropped)
  const hasLostReasoning = [...dropped].some((path) => path.endsWith('.reasoning'))
  if (thinking !== undefined && (!isOwn || hasLostReasoning) && isRefused(thinking, request, messages)) {
    dropped.add('reasoning')
    return { maxTokens: limit, ...effort }
  }
  const budget = thinking?.['budget_tokens']
  const isTooTight = !isOwn && typeof budget === 'number' && budget >= limit
  return {
    ...(thinking === undefined ? {} : { thinking }),
    ...effort,
    maxTokens: isTooTight ? Math.max(budget + 1, Math.min(budget + limit, ceiling ?? Infinity)) : limit,
  }
}

function effortOf({ effort }: ReasoningOptions): { effort?: string } {
  return effort === undefined || effort === 'none' ? {} : { effort }
}

/** `minimal` has no word here: the nearest one goes out, and is reported. */
function reportedEffort(reasoning: ReasoningOptions, dropped: Set<string>): { effort?: string } {
  if (reasoning.effort !== 'minimal') return effortOf(reasoning)
  dropped.add('reasoning_effort=minimal')
  return { effort: 'low' }
}

function thinkingOf(
  { effort, budgetTokens, adaptive, show }: ReasoningOptions,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject | undefined {
  const display = show === undefined ? {} : { display: show === false ? 'omitted' : 'summarized' }
  if (budgetTokens !== undefined && isOwn) return { type: 'enabled', budget_tokens: budgetTokens, ...display }
  if (effort === 'none' || budgetTokens === 0) return { type: 'disabled' }
  if (budgetTokens !== undefined) {
    if (budgetTokens < minBudgetTokens) dropped.add(`reasoning_budget<${minBudgetTokens}`)
    return { type: 'enabled', budget_tokens: Math.max(minBudgetTokens, budgetTokens), ...display }
  }
  if (adaptive || (effort !== undefined && !isOwn)) return { type: 'adaptive', ...display }
  return undefined
}

/** Whether the API refuses to think here: it takes no forced tool beside, nor a foreign tool round on a budget. */
function isRefused(thinking: JsonObject, { toolChoice }: GenRequest, messages: readonly Message[]): boolean {
  if (thinking['type'] === 'disabled') return false
  if (toolChoice?.type === 'required' || toolChoice?.type === 'tool') return true
  return thinking['type'] === 'enabled' && isForeignToolRound(messages)
}

/** The conversation ends with tool results for a call that no thinking block precedes. */
function isForeignToolRound(messages: readonly Message[]): boolean {
  if (messages.at(-1)?.content[0]?.['type'] !== 'tool_result') return false
  const first = messages.findLast(({ role }) => role === 'assistant')?.content[0]?.['type']
  return first !== 'thinking' && first !== 'redacted_thinking'
}
