/** A legacy completions request as the canonical request: its prompt is what a user says. */

import { asArray, defined, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { GenRequest } from '../../core/request.ts'
import {
  invalid,
  optional,
  readBoolean,
  readCount,
  readInteger,
  readNumber,
  readNumbers,
  readObject,
  readString,
  readStrings,
  required,
} from '../read-fields.ts'

const dialect = 'openai-completions'
const known: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'stream',
  'stream_options',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'n',
  'logprobs',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'user',
  'seed',
])

/**
 * Reads a request with one prompt in text. Throws GatewayError `invalid_request` with the path of the member at
 * fault; also for prompts in tokens, which no other model reads, and for several prompts, which would be several
 * calls. `suffix`, `echo` and `best_of` have no canonical form. Without `max_tokens` no limit is set, where this
 * API's own is 16.
 */
export function decodeRequest(body: Json): GenRequest {
  const request = readObject(body, '')
  const number = (name: string) => optional(request, name, '', readNumber)
  const streamOptions = optional(request, 'stream_options', '', readObject) ?? {}
  const restOfStreamOptions = unknownFields(streamOptions, new Set(['include_usage']))
  const fields = otherFields(request)
  return {
    model: required(request, 'model', '', readString),
    stream: optional(request, 'stream', '', readBoolean) ?? false,
    turns: [{ role: 'user', parts: [{ type: 'text', text: required(request, 'prompt', '', readPrompt) }] }],
    ...defined({
      maxOutputTokens: optional(request, 'max_tokens', '', readCount),
      temperature: number('temperature'),
      topP: number('top_p'),
      topK: number('top_k'),
      choices: optional(request, 'n', '', readCount),
      topLogprobs: optional(request, 'logprobs', '', readCount),
      stop: optional(request, 'stop', '', readStop),
      presencePenalty: number('presence_penalty'),
      frequencyPenalty: number('frequency_penalty'),
      logitBias: optional(request, 'logit_bias', '', readNumbers),
      user: optional(request, 'user', '', readString),
      seed: optional(request, 'seed', '', readInteger),
      includeUsage: optional(streamOptions, 'include_usage', 'stream_options.', readBoolean),
    }),
    native: {
      dialect,
      fields: { ...fields, ...(restOfStreamOptions && { stream_options: restOfStreamOptions }) },
    },
  }
}

/** The members without a canonical form, but for values that ask for nothing. */
function otherFields(request: JsonObject): JsonObject {
  const asksForNothing = (name: string, value: Json | undefined) =>
    value === null ||
    (name === 'echo' && value === false) ||
    (name === 'suffix' && value === '') ||
    (name === 'best_of' && value === (request['n'] ?? 1))
  const fields = Object.entries(unknownFields(request, known) ?? {})
  return Object.fromEntries(fields.filter(([name, value]) => !asksForNothing(name, value)))
}

function readPrompt(value: Json | undefined, param: string): string {
  if (typeof value === 'string') return value
  const prompts = asArray(value)
  if (typeof prompts[0] === 'number' || Array.isArray(prompts[0])) {
    throw invalid(param, 'must be text: prompts in tokens are not supported')
  }
  if (prompts.length > 1) throw invalid(param, 'must be one prompt: send one request for each of several')
  return readString(prompts[0] ?? value, param)
}

function readStop(value: Json | undefined, param: string): readonly string[] {
  return typeof value === 'string' ? [value] : readStrings(value, param)
}
