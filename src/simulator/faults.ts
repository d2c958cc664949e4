/** The faults of a provider, one row each: the name after `fault/`, and what it changes in the answer. */

import { asArray, asObject, isObject, type Json, type JsonObject } from '../core/json.ts'
import { billOf, type SimAnswer, type SimBlock } from './answer.ts'
import { batchFaultTable } from './batch/faults.ts'
import { broken } from './breakage.ts'
import { type Fault, refuse } from './fault.ts'
import { bodyFaults } from './fault-bodies.ts'
import { connectionFaults } from './fault-connections.ts'
import { beforeFinish, deltaAt, textOfFrame } from './fault-frames.ts'
import { usageFaults } from './fault-usage.ts'
import { type SimFrame, streamOf } from './wire.ts'

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
  ...usageFaults,
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

/** All faults, by name. */
export const faults: ReadonlyMap<string, Fault> = new Map(
  Object.entries({ ...bodyFaults, ...connectionFaults, ...streamFaults, ...batchFaultTable }),
)
