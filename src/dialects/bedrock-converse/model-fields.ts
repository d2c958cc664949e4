/** What Converse leaves to each family of models: thinking and `top_k`, in `additionalModelRequestFields`. */

import { asNumber, asObject, asString, type JsonObject } from '../../core/json.ts'
import type { GenRequest, ReasoningOptions } from '../../core/request.ts'

// Bedrock's model ids, inference profiles and ARNs have the vendor before the model, behind a dot or a slash.
const families = [
  ['claude', /(?:^|[./])anthropic\./],
  ['nova', /(?:^|[./])amazon\.nova/],
  ['gpt-oss', /(?:^|[./])openai\./],
  ['qwen', /(?:^|[./])qwen\./],
] as const

/** Models that take such fields alike. */
export type Family = (typeof families)[number][0]

/** Undefined for models that take none, and for profiles whose id does not tell what is behind them. */
export function familyOf(model: string): Family | undefined {
  return families.find(([, pattern]) => pattern.test(model))?.[0]
}

/** Anthropic's smallest budget; the API refuses smaller ones. */
const minBudgetTokens = 1024

export interface ModelFields {
  readonly fields: JsonObject
  /** The model thinks, and then takes no sampling options of the client's. */
  readonly isThinking: boolean
  /** What the output limit must exceed, because thinking counts as output. */
  readonly budgetTokens?: number
}

/** The fields for a request of another dialect. What the family cannot carry is added to `dropped`. */
export function modelFields(
  request: GenRequest,
  family: Family | undefined,
  dropped: Set<string>,
): ModelFields {
  const reasoning = request.reasoning && thinkingFields(request, request.reasoning, family, dropped)
  const isThinking = reasoning?.isThinking ?? false
  const topK = topKFields(request.topK, family, isThinking)
  if (request.topK !== undefined && topK === undefined) dropped.add('top_k')
  return { ...reasoning, fields: { ...reasoning?.fields, ...topK }, isThinking }
}

function topKFields(
  topK: number | undefined,
  family: Family | undefined,
  isThinking: boolean,
): JsonObject | undefined {
  if (topK === undefined || isThinking) return undefined
  if (family === 'claude') return { top_k: topK }
  return family === 'nova' ? { inferenceConfig: { topK } } : undefined
}

function thinkingFields(
  request: GenRequest,
  reasoning: ReasoningOptions,
  family: Family | undefined,
  dropped: Set<string>,
): ModelFields {
  const { effort, budgetTokens, adaptive } = reasoning
  const isOff = effort === 'none' || budgetTokens === 0
  if (!isOff && effort === undefined && budgetTokens === undefined && !adaptive) return nothing
  if (family === 'claude') return claudeFields(request, reasoning, isOff, dropped)
  if (family === 'nova' && isOff) return fieldsOf({ reasoningConfig: { type: 'disabled' } })
  const word = effort === undefined || effort === 'none' ? undefined : threeWords[effort]
  if (family !== undefined && word !== undefined) {
    switch (family) {
      case 'nova': {
        const reasoningConfig = { type: 'enabled', maxReasoningEffort: word }
        return { fields: { reasoningConfig }, isThinking: word === 'high' } // only then it refuses sampling options
      }
      case 'gpt-oss':
        return fieldsOf({ reasoning_effort: word })
      case 'qwen':
        return fieldsOf({ reasoning_config: word })
    }
  }
  if (!isOff || family === 'gpt-oss') dropped.add('reasoning') // the others do not think unless told to
  return nothing
}

const nothing: ModelFields = { fields: {}, isThinking: false }

function fieldsOf(fields: JsonObject): ModelFields {
  return { fields, isThinking: false }
}

/** The nearest of the words that all these families know. */
const threeWords = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<Exclude<NonNullable<ReasoningOptions['effort']>, 'none'>, string>

/** As in Anthropic's own API: a budget is `enabled`, an effort `adaptive`; neither goes with a forced tool. */
function claudeFields(
  request: GenRequest,
  { effort, budgetTokens }: ReasoningOptions,
  isOff: boolean,
  dropped: Set<string>,
): ModelFields {
  if (isOff) return fieldsOf({ thinking: { type: 'disabled' } })
  if (request.toolChoice?.type === 'required' || request.toolChoice?.type === 'tool') {
    dropped.add('reasoning')
    return nothing
  }
  if (effort === 'minimal') dropped.add('reasoning_effort=minimal')
  const config =
    effort === undefined || effort === 'none'
      ? {}
      : { output_config: { effort: effort === 'minimal' ? 'low' : effort } }
  if (budgetTokens === undefined) {
    return { fields: { thinking: { type: 'adaptive' }, ...config }, isThinking: true }
  }
  if (budgetTokens < minBudgetTokens) dropped.add(`reasoning_budget<${minBudgetTokens}`)
  const budget = Math.max(minBudgetTokens, budgetTokens)
  return {
    fields: { thinking: { type: 'enabled', budget_tokens: budget }, ...config },
    isThinking: true,
    budgetTokens: budget,
  }
}

const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const

/** Reads the fields of whatever family a client wrote them for. */
export function reasoningFromWire(fields: JsonObject): ReasoningOptions | undefined {
  const thinking = asObject(fields['thinking']) ?? asObject(fields['reasoning_config'])
  const nova = asObject(fields['reasoningConfig'])
  const word =
    asString(asObject(fields['output_config'])?.['effort']) ??
    asString(fields['reasoning_effort']) ??
    asString(fields['reasoning_config']) ??
    asString(nova?.['maxReasoningEffort'])
  const effort = efforts.find((known) => known === word)
  const type = asString(thinking?.['type']) ?? asString(nova?.['type'])
  if (type === 'disabled') return { effort: 'none' }
  const budgetTokens = asNumber(thinking?.['budget_tokens'])
  const options: ReasoningOptions = {
    ...(effort === undefined ? {} : { effort }),
    ...(budgetTokens === undefined ? {} : { budgetTokens }),
    ...(type === 'adaptive' ? { adaptive: true as const } : {}),
  }
  return Object.keys(options).length === 0 ? undefined : options
}
