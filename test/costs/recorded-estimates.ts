/** What recorded calls used, by the provider's own count and by what Weir would have estimated and reserved. */

import { foldAnswer } from '../../src/core/answer.ts'
import { GatewayError } from '../../src/core/error.ts'
import { parseJson } from '../../src/core/json.ts'
import type { GenRequest } from '../../src/core/request.ts'
import { tokenBounds } from '../../src/ledger/bounds.ts'
import type { TokenCounter } from '../../src/tokens/counter.ts'
import { contentTraits } from '../../src/upstream/traits.ts'
import { readRecorded, type Recorded, recordedEntries } from '../support/recorded.ts'
import { answerEvents, decodedUsage, generation } from './recorded-usage.ts'

export interface RecordedEstimate {
  readonly file: string
  readonly provider: string
  readonly dialect: string
  readonly model: string
  /** Of the prompt, cached tokens included. */
  readonly input: { readonly told: number; readonly counted: number; readonly bound: number }
  /** The bound is that of the model's window: the request holds what its bytes do not bound. */
  readonly isOpen: boolean
  /** It is of text alone: no media, no definitions of tools, no schema. */
  readonly isPlain: boolean
  /** Absent where the model thought, or did not answer with text alone. */
  readonly output?: { readonly told: number; readonly counted: number }
}

const families: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Claude', /claude/],
  ['gpt-oss', /gpt-oss/],
  ['GPT', /gpt|\bo\d/],
  ['Gemini', /gemini/],
  ['Llama', /llama/],
  ['Mistral', /m[ai][a-z]*stral|mixtral|codestral|pixtral/],
  ['Qwen', /qwen|qwq/],
  ['DeepSeek', /deepseek/],
  ['Grok', /grok/],
  ['Command', /command/],
  ['Nova', /nova/],
]

/** Models of one family have one tokenizer, or nearly. */
export function familyOf(model: string): string {
  return families.find(([, pattern]) => pattern.test(model.toLowerCase()))?.[0] ?? 'others'
}

/** Of every recording with its request whose provider told what it used; embeddings are left out. */
export async function recordedEstimates(tokens: TokenCounter): Promise<RecordedEstimate[]> {
  const found: RecordedEstimate[] = []
  for (const entry of recordedEntries(...Object.keys(generation))) {
    const estimate = await estimateOf(readRecorded(entry), tokens)
    if (estimate) found.push(estimate)
  }
  return found
}

async function estimateOf(recorded: Recorded, tokens: TokenCounter): Promise<RecordedEstimate | undefined> {
  const told = decodedUsage(recorded)
  const request = requestOf(recorded)
  if (told === undefined || request === undefined) return undefined
  const { file, provider, dialect } = recorded
  const { model, usage } = told
  if (usage.inputTokens === 0) return undefined
  const traits = contentTraits(request)
  // Of an unknown model: what the window bounds is not what is looked at here.
  const bounds = tokenBounds(traits, undefined)
  const answer = foldAnswer(answerEvents(recorded))
  const isText = answer.blocks.length > 0 && answer.blocks.every(({ kind }) => kind === 'text')
  const hasThought = (usage.reasoningTokens ?? 0) > 0 || traits.asksReasoning
  const said = answer.blocks.map(({ text }) => text).join('')
  const output =
    isText && !hasThought && usage.outputTokens > 0
      ? { told: usage.outputTokens, counted: await tokens.count(said) }
      : undefined
  return {
    file,
    provider,
    dialect,
    model,
    input: {
      told: usage.inputTokens,
      counted: await tokens.estimate(request),
      bound: bounds.input + (bounds.addedInput ?? 0),
    },
    isOpen: bounds.isInputOpen,
    isPlain: traits.media.length === 0 && !traits.hasTools && !traits.isStructured,
    ...(output && { output }),
  }
}

function requestOf({ request, dialect, model, streaming }: Recorded): GenRequest | undefined {
  const body = typeof request?.body === 'string' ? parseJson(request.body) : request?.body
  if (body === undefined || body === null) return undefined
  try {
    return generation[dialect]!.request.decode(body, { model: model ?? 'm', stream: streaming })
  } catch (cause) {
    if (cause instanceof GatewayError) return undefined // it was refused by its provider, too
    throw cause
  }
}
