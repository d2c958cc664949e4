/** The faults of a provider, one row each: the name after `fault/`, and what it changes in the answer. */

import type { Json, JsonObject } from '../core/json.ts'
import { asArray, asObject, isObject } from '../core/json.ts'
import { billOf, type SimAnswer, type SimBlock } from './answer.ts'
import { broken } from './breakage.ts'
import { batchFaultTable } from './batch/faults.ts'
import { bodyFaults } from './fault-bodies.ts'
import type { Fault, FaultContext } from './fault.ts'
import { refuse } from './fault.ts'
import { durationMs } from './duration.ts'
import { type SimFrame, streamOf } from './wire.ts'

const beforeFinish = (frames: readonly SimFrame[]) => {
  const at = frames.findIndex((frame) => frame.role === 'finish')
  return at < 0 ? frames.length : at
}

/** The place of the `k`-th delta, counted from 1; the last one where there are fewer. */
function deltaAt(frames: readonly SimFrame[], k: number): number {
  let last = -1
  let seen = 0
  for (const [at, frame] of frames.entries()) {
    if (frame.role !== 'delta' && frame.role !== 'whole') continue
    last = at
    if (++seen >= k) break
  }
  return last
}

const textOfFrame = ({ value }: SimFrame) => (typeof value === 'string' ? value : JSON.stringify(value))

/** An answer whose members that hold content are empty, in any dialect. */
function withoutContent(value: JsonObject): JsonObject {
  const { candidates: _candidates, ...rest } = value
  const empty = ['choices', 'content', 'output'].filter((key) => Array.isArray(rest[key]))
  const message = asObject(asObject(rest['output'])?.['message'])
  return {
    ...rest,
    ...Object.fromEntries(empty.map((key) => [key, []])),
    ...(message && { output: { message: { ...message, content: [] } } }),
  }
}

/** A whole answer that does not say why it ended, in any dialect. */
function withoutFinish(value: JsonObject): JsonObject {
  const without = (key: string, list: Json | undefined) =>
    asArray(list).map((each) => ({ ...asObject(each), [key]: null }))
  return {
    ...value,
    ...(value['choices'] !== undefined && { choices: without('finish_reason', value['choices']) }),
    ...(value['candidates'] !== undefined && { candidates: without('finishReason', value['candidates']) }),
    ...(value['finish_reason'] !== undefined && { finish_reason: null }),
    ...(value['done'] !== undefined && { done: false }),
    ...(value['stop_reason'] !== undefined && { stop_reason: null }),
    ...(value['stopReason'] !== undefined && { stopReason: null }),
    ...(Array.isArray(value['output']) && { status: 'in_progress' }),
  }
}

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

/** The answer with other blocks, billed for those. */
function withBlocks(answer: SimAnswer, blocks: readonly SimBlock[]): SimAnswer {
  return { ...answer, blocks, usage: billOf(answer.usage.inputTokens, blocks) }
}

function repeatFirst(answer: SimAnswer, times: number): SimAnswer {
  const [first, ...rest] = answer.blocks
  if (first === undefined) return answer
  const again = Array<string>(times).fill(first.pieces[0] ?? '')
  return withBlocks(answer, [{ ...first, pieces: [...again, ...first.pieces] }, ...rest])
}

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

const streamFaults: Readonly<Record<string, Fault>> = {
  'no-done': { means: 'no [DONE]', frames: (frames) => frames.filter((frame) => frame.role !== 'done') },
  'no-finish': {
    means: 'the answer ends, in good order, without saying why it ended',
    frames: (frames, _argument, { isStream }) =>
      isStream
        ? frames.slice(0, beforeFinish(frames))
        : frames.map((frame) =>
            isObject(frame.value) ? { ...frame, value: withoutFinish(frame.value) } : frame,
          ),
  },
  'no-choices': {
    means: 'a chunk without choices or content among the others; a whole answer without any',
    frames: (frames, _argument, { wire, reply, isStream }) =>
      isStream
        ? frames
            .toSpliced(1, 0, wire.strangeFrame(reply))
            .toSpliced(beforeFinish(frames) + 1, 0, wire.strangeFrame(reply))
        : frames.map((frame) =>
            isObject(frame.value) ? { ...frame, value: withoutContent(frame.value) } : frame,
          ),
  },
  'bad-json-at': {
    means: 'delta k (1) is cut within its JSON',
    argument: 'count',
    frames: (frames, k) => {
      const at = deltaAt(frames, Number(k || 1))
      return frames.map((frame, index) => {
        const text = index === at ? textOfFrame(frame) : ''
        return index === at ? { ...frame, value: text.slice(0, text.length >> 1) } : frame
      })
    },
  },
  'err-event-after': {
    means: "after k deltas (1) the dialect's own error event, and the end",
    argument: 'count',
    frames: (frames, k, { wire, reply, isStream }) => {
      const words = { status: 529, message: 'Overloaded' }
      if (!isStream) return [{ value: wire.error(words, reply.n), role: 'whole', tokens: 0 }]
      const at = Number(k || 1) === 0 ? deltaAt(frames, 1) : deltaAt(frames, Number(k || 1)) + 1
      return [...frames.slice(0, at), wire.errorFrame(words, reply.n)]
    },
  },
  'dup-chunk': {
    means: 'the second delta comes twice',
    frames: (frames, _argument, { isStream }) => {
      const at = deltaAt(frames, 2)
      return isStream && at >= 0 ? frames.toSpliced(at, 0, { ...frames[at]!, tokens: 0 }) : [...frames]
    },
  },
  loop: { means: 'the first piece comes 200 times more', answer: (answer) => repeatFirst(answer, 200) },
  'line-10m': {
    means: 'a line of 10 MB',
    frames: (frames, _argument, { isStream }) => {
      const line: SimFrame = { value: 'x'.repeat(10_000_000), role: 'delta', tokens: 0 }
      if (isStream) return frames.toSpliced(Math.max(0, deltaAt(frames, 1)), 0, line)
      return frames.map((frame) => ({ ...frame, value: textOfFrame(frame) + ' '.repeat(10_000_000) }))
    },
  },
  'after-done': {
    means: 'more content after the end',
    frames: (frames, _argument, { isStream }) => {
      const delta = frames[deltaAt(frames, 1)]
      return isStream && delta ? [...frames, { ...delta, tokens: 0 }] : [...frames]
    },
  },
  'tool-cut': {
    means: 'the arguments of a tool call end in the middle',
    base: 'tools',
    answer: (answer) => {
      const invented = {
        kind: 'tool',
        callId: 'call_cut0',
        name: 'lookup',
        pieces: ['{"query": ', '"the li', 'mit"}'],
      } as const
      const tools = answer.blocks.filter((block) => block.kind === 'tool')
      const blocks = tools.length > 0 ? answer.blocks : [invented]
      const cut = blocks.map((block) =>
        block.kind === 'tool' ? { ...block, pieces: halved(block.pieces) } : block,
      )
      return withBlocks({ ...answer, finish: 'tools' }, cut)
    },
  },
  finish: {
    means: 'this finish reason',
    argument: 'text',
    answer: (answer, reason) => ({ ...answer, finish: reason }),
  },
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
  breaks: {
    means:
      'JSON that is broken in one way: fence, comma, prose, quotes, truncated, type, required, extra, enum, nesting, ' +
      'empty, refusal; `any`: each in turn',
    argument: 'text',
    base: 'json',
    answer: (answer, way, { prompt, n }) => broken(answer, way || 'any', prompt, n) ?? answer,
  },
  'empty-completion': {
    means: 'an answer without content, of 0 output tokens',
    answer: ({ usage: { inputTokens } }) => ({
      blocks: [],
      finish: 'stop',
      usage: { inputTokens, outputTokens: 0, reasoningTokens: 0 },
    }),
  },
  'err-in-200': {
    means: 'an error body with status 200',
    plan: (plan, _argument, context) => {
      const words = { status: 529, message: 'Overloaded' }
      refuse(plan, context, words)
      plan.status = 200
      if (!context.isStream) return
      const { framing, contentType } = streamOf(context.wire)
      plan.framing = framing
      plan.frames = [context.wire.errorFrame(words, context.reply.n)]
      plan.headers = plan.headers.map(([name, value]) => [
        name,
        name === 'content-type' ? contentType : value,
      ])
    },
  },
}

function halved(pieces: readonly string[]): string[] {
  const text = pieces.join('')
  return [text.slice(0, Math.max(1, text.length >> 1))]
}

const connectionFaults: Readonly<Record<string, Fault>> = {
  'ttfb-inf': { means: 'the head never comes', plan: (plan) => void (plan.headersMs = Infinity) },
  ttft: {
    means: 'this long before the first content; the head of a stream comes at once',
    argument: 'duration',
    plan: (plan, duration, { isStream }) => {
      const ms = durationMs(duration) ?? 0
      if (isStream) plan.firstMs = ms
      else plan.headersMs = ms
    },
  },
  slow: {
    means: 'this long before each piece of content (100 ms)',
    argument: 'duration',
    plan: (plan, duration, { isStream, pieces }) => {
      const ms = durationMs(duration) ?? 100
      plan.firstMs = ms
      plan.gapMs = ms
      if (!isStream) plan.headersMs = ms * pieces
    },
  },
  'stall-after': {
    means: 'silence after k deltas (1)',
    argument: 'count',
    plan: (plan, k) => void (plan.stop = { deltas: Number(k || 1), how: 'hang' }),
  },
  'rst-after': {
    means: 'the connection is reset after k deltas (1)',
    argument: 'count',
    plan: (plan, k) => void (plan.stop = { deltas: Number(k || 1), how: 'reset' }),
  },
  'fin-at-byte': {
    means: 'a body without length or chunks ends after n bytes',
    argument: 'count',
    plan: (plan, n) => {
      plan.transfer = 'close'
      plan.stop = { bytes: Number(n || 0), how: 'fin' }
    },
  },
  split: {
    means: 'the body in pieces of n bytes (1), or of random sizes',
    argument: 'text',
    plan: (plan, n) => {
      plan.sliceBytes = n === 'random' ? n : Math.max(1, Number(n) || 1)
    },
  },
  endless: {
    means: 'content without end',
    plan: (plan, _argument, { isStream }) => {
      if (!isStream) {
        plan.rawBody = endlessText()
        plan.transfer = 'chunked'
        return
      }
      plan.frames = endlessFrames([...plan.frames])
      plan.gapMs ||= 1
    },
  },
  'sse-crlf': { means: 'CRLF', plan: (plan) => void (plan.sse.lineEnd = '\r\n') },
  'sse-bom': { means: 'a byte order mark first', plan: (plan) => void (plan.sse.hasMark = true) },
  'sse-multiline': {
    means: 'data over several lines',
    plan: (plan, _argument, { isStream }) => void (plan.sse.isMultiline = isStream),
  },
  'sse-noblank': {
    means: 'no line end after the last event',
    plan: (plan) => void (plan.sse.endsBlank = false),
  },
}

function* endlessFrames(frames: readonly SimFrame[]): Generator<SimFrame> {
  const at = deltaAt(frames, Infinity)
  yield* frames.slice(0, at + 1)
  const last = frames[at] ?? { value: '{}', role: 'delta', tokens: 1 }
  for (;;) yield last
}

function* endlessText(): Generator<Buffer> {
  yield Buffer.from('{"padding":"')
  const filler = Buffer.alloc(16_384, 'x')
  for (;;) yield filler
}

/** All faults, by name. */
export const faults: ReadonlyMap<string, Fault> = new Map(
  Object.entries({ ...bodyFaults, ...connectionFaults, ...streamFaults, ...batchFaultTable }),
)
