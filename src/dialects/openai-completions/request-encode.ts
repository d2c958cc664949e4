/** Writes a legacy completions request. */

import { asObject, defined, type JsonObject } from '../../core/json.ts'
import { type GenRequest, type Part, type Turn, untoldFields } from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { reportAsked } from '../unsupported.ts'

const dialect = 'openai-completions'

/** Usage is always asked for on a stream: every call is accounted. */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const isOwn = request.native?.dialect === dialect
  const own: JsonObject = isOwn ? request.native.fields : {}
  if (!isOwn) reportUnsupported(request, dropped)
  const body = defined({
    ...own,
    model: target.model,
    prompt: encodePrompt(request.turns, dropped),
    stream: request.stream ? true : undefined,
    stream_options: request.stream ? { ...asObject(own['stream_options']), include_usage: true } : undefined,
    max_tokens: request.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: isOwn ? request.topK : undefined,
    n: request.choices,
    logprobs: request.topLogprobs,
    stop: request.stop,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    logit_bias: request.logitBias,
    user: request.user,
    seed: request.seed,
  })
  return { body, dropped: [...dropped] }
}

const speakers = {
  system: 'System',
  developer: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
} as const satisfies Record<Turn['role'], string>

/** What one user says is the prompt as it is. A conversation becomes a script, and its roles mere words in it. */
function encodePrompt(turns: readonly Turn[], dropped: Set<string>): string {
  const texts = turns.map(({ name, parts }, index) => {
    if (name !== undefined) dropped.add(`turns[${index}].name`)
    return textOf(parts, `turns[${index}]`, dropped)
  })
  if (turns.length === 1 && turns[0]!.role === 'user') return texts[0]!
  for (const index of turns.keys()) dropped.add(`turns[${index}].role`)
  const lines = turns.map(({ role }, index) => `${speakers[role]}: ${texts[index]}`)
  return [...lines, 'Assistant:'].join('\n\n')
}

function textOf(parts: readonly Part[], path: string, dropped: Set<string>): string {
  const texts = parts.flatMap((part): string[] => {
    if ('cache' in part && part.cache !== undefined) dropped.add('cache_control')
    switch (part.type) {
      case 'text':
      case 'refusal':
        return [part.text]
      case 'tool-result':
        return [textOf(part.content, path, dropped)]
      case 'media':
        dropped.add(`${path}.${part.media}`)
        return []
      case 'reasoning':
      case 'tool-call':
      case 'native':
        dropped.add(`${path}.${part.type.replace('-', '_')}`)
        return []
    }
  })
  return texts.join('\n')
}

/** What this dialect has no member for. */
const unsupported = [
  'top_k',
  'tools',
  'response_format',
  'reasoning',
  'verbosity',
  'modalities',
  'previous_response_id',
  'metadata',
  'service_tier',
  'cache_control',
] as const

function reportUnsupported(request: GenRequest, dropped: Set<string>): void {
  reportAsked(request, unsupported, dropped)
  for (const name of untoldFields(request)) dropped.add(name)
}
