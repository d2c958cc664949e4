/** Faults of the usage that an answer tells: what it used is right in the bill, and not in its words. */

import { asObject, isObject, type Json, type JsonObject } from '../core/json.ts'
import type { Fault, FaultContext } from './fault.ts'
import { beforeFinish, textOfFrame } from './fault-frames.ts'
import type { SimFrame } from './wire.ts'

/** Members within which a dialect may have its usage object. */
const holdsUsage: ReadonlySet<string> = new Set(['message', 'response', 'x_groq', 'delta'])

/** Ollama has its counts among all else of its last line. */
function patchMetrics(value: JsonObject, patch: (usage: JsonObject) => Json | undefined): JsonObject {
  const { prompt_eval_count, eval_count, ...rest } = value
  if (eval_count === undefined) return value
  const patched = patch({ ...(prompt_eval_count !== undefined && { prompt_eval_count }), eval_count })
  if (patched === null) return { ...rest, prompt_eval_count: null, eval_count: null }
  return { ...rest, ...asObject(patched) }
}

/** Changes the usage objects of a frame, wherever its dialect puts them. */
function patchUsage(frame: SimFrame, patch: (usage: JsonObject) => Json | undefined): SimFrame {
  if (typeof frame.value === 'string') return frame
  const inner = (value: JsonObject): JsonObject => {
    const copy: Record<string, Json> = {}
    for (const [key, member] of Object.entries(value)) {
      if ((key === 'usage' || key === 'usageMetadata') && isObject(member)) {
        const patched = patch(member)
        if (patched !== undefined) copy[key] = patched
      } else if (holdsUsage.has(key) && isObject(member)) {
        copy[key] = inner(member)
      } else if (member !== undefined) copy[key] = member
    }
    return copy
  }
  return { ...frame, value: patchMetrics(inner(frame.value), patch) }
}

function eachCount(value: Json, change: (count: number) => Json): Json {
  if (typeof value === 'number') return change(value)
  if (Array.isArray(value)) return value.map((member: Json) => eachCount(member, change))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, eachCount(member ?? null, change)]),
  )
}

const usage = (means: string, patch: (usage: JsonObject) => Json | undefined): Fault => ({
  means,
  frames: (frames) => frames.map((frame) => patchUsage(frame, patch)),
})

/** Half of the prompt as read from the cache: within the count of the prompt, or beside it, as the dialect tells it. */
function halfCached(told: JsonObject): JsonObject {
  const prompt = ['prompt_tokens', 'input_tokens', 'promptTokenCount', 'inputTokens'].find(
    (key) => key in told,
  )
  if (prompt === undefined) return told
  const count = Number(told[prompt])
  const cached = Math.floor(count / 2)
  switch (prompt) {
    case 'promptTokenCount':
      return { ...told, cachedContentTokenCount: cached }
    case 'inputTokens':
      return { ...told, inputTokens: count - cached, cacheReadInputTokens: cached }
    case 'prompt_tokens':
      return {
        ...told,
        prompt_tokens_details: { ...asObject(told['prompt_tokens_details']), cached_tokens: cached },
        ...(told['prompt_cache_hit_tokens'] !== undefined && {
          prompt_cache_hit_tokens: cached,
          prompt_cache_miss_tokens: count - cached,
        }),
      }
    default:
      return told['input_tokens_details'] === undefined
        ? { ...told, input_tokens: count - cached, cache_read_input_tokens: cached }
        : { ...told, input_tokens_details: { cached_tokens: cached } }
  }
}

const counts = (means: string, change: (count: number) => Json): Fault =>
  usage(means, (told) => eachCount(told, change))

// JSON.stringify cannot write a number this large.
const infinity = '1e400'
const infinityMark = '__infinity__'

/** Usage of the pieces so far, after each of them. */
function cumulative(frames: readonly SimFrame[], { wire, reply }: FaultContext): SimFrame[] {
  let outputTokens = 0
  return frames.flatMap((frame) => {
    if (frame.role !== 'delta') return [frame]
    outputTokens += frame.tokens
    const { reasoningTokens, inputTokens } = reply.answer.usage
    const soFar = { inputTokens, outputTokens, reasoningTokens: Math.min(reasoningTokens, outputTokens) }
    return [frame, wire.usageFrame(reply, soFar)]
  })
}

export const usageFaults: Readonly<Record<string, Fault>> = {
  'usage-cached': usage('half of the prompt was read from the cache', halfCached),
  'usage-missing': usage('no usage at all', () => undefined),
  'usage-null': usage('usage is null', () => null),
  'usage-zero': counts('all counts are 0', () => 0),
  'usage-negative': counts('all counts are negative', (count) => -count - 1),
  'usage-huge': counts('all counts are above 2^53', () => 2 ** 60),
  'usage-string': counts('all counts are strings', String),
  'usage-inf': {
    means: 'all counts are 1e400',
    frames: (frames) =>
      frames.map((frame) => {
        const patched = patchUsage(frame, (told) => eachCount(told, () => infinityMark))
        const text = textOfFrame(patched)
        return text.includes(infinityMark)
          ? { ...frame, value: text.replaceAll(`"${infinityMark}"`, infinity) }
          : frame
      }),
  },
  'usage-twice': {
    means: 'usage comes twice',
    frames: (frames, _argument, { wire, reply, isStream }) =>
      isStream
        ? frames.toSpliced(beforeFinish(frames), 0, wire.usageFrame(reply, reply.answer.usage))
        : [...frames],
  },
  'usage-cumulative': {
    means: 'usage so far comes after each delta',
    frames: (frames, _argument, context) => (context.isStream ? cumulative(frames, context) : [...frames]),
  },
}
