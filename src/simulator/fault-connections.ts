/** Faults of the connection and of its framing: silence, resets, pieces of odd sizes, odd line ends. */

import { durationMs } from './duration.ts'
import type { Fault } from './fault.ts'
import { deltaAt } from './fault-frames.ts'
import type { SimFrame } from './wire.ts'

export const connectionFaults: Readonly<Record<string, Fault>> = {
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
