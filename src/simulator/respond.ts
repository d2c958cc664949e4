/** Makes the plan of an answer: model, faults, wire format, pace, bill. */

import type { JsonObject } from '../core/json.ts'
import type { SimAnswer } from './answer.ts'
import type { FaultTerm } from './fault-spec.ts'
import type { FaultContext } from './fault.ts'
import { habitsOf } from './habits.ts'
import type { HttpRequest } from './http-request.ts'
import {
  cohereEmbeddings,
  geminiEmbeddings,
  type Lookup,
  modelList,
  ollamaEmbeddings,
  openAiEmbeddings,
  tokenCount,
} from './lookups.ts'
import { answerOf, type Pace, type SimModel } from './models.ts'
import type { Plan } from './plan.ts'
import type { Prompt } from './prompt.ts'
import type { RateState } from './rates.ts'
import type { Route } from './route.ts'
import { type ErrorWords, type Reply, type SimFrame, streamOf, type Wire, wholeFrame } from './wire.ts'

export interface Call {
  readonly request: HttpRequest
  readonly route: Route
  readonly body: JsonObject
  readonly model: string
  readonly isStream: boolean
  readonly prompt: Prompt
  readonly n: number
  readonly nowMs: number
  /** Where it has a limit. */
  readonly rate?: RateState
}

const nothing: SimAnswer = {
  blocks: [],
  finish: 'stop',
  usage: { inputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
}

function replyOf(call: Call, answer: SimAnswer): Reply {
  const { body, model, n, nowMs, prompt } = call
  return { answer, prompt, body, model, habits: habitsOf(call.route.provider), n, nowMs }
}

/** The plan of what `model` answers to `call` while `faults` strike. */
export function planGeneration(
  call: Call,
  model: { readonly model: SimModel; readonly argument: string },
  faults: readonly FaultTerm[],
  pace: Pace,
): { plan: Plan; reply: Reply } {
  const { wire } = call.route.operation
  let answer = answerOf(model.model, model.argument, call.prompt, call.n)
  for (const { fault, argument } of faults) answer = fault.answer?.(answer, argument, call) ?? answer
  const reply = replyOf(call, answer)
  const pieces = answer.blocks.reduce((sum, block) => sum + block.pieces.length, 0)
  const context: FaultContext = { wire, reply, isStream: call.isStream, pieces }
  let frames: SimFrame[] = call.isStream ? wire.frames(reply) : [wholeFrame(wire, reply)]
  for (const { fault, argument } of faults) frames = fault.frames?.(frames, argument, context) ?? frames
  const plan = planOf(call, wire, frames, answer.usage.inputTokens)
  const own = model.model.pace?.(model.argument) ?? pace
  if (call.isStream) {
    plan.firstMs = own.firstMs
    plan.gapMs = own.gapMs
  } else plan.headersMs = own.firstMs + own.gapMs * Math.max(0, pieces - 1)
  for (const { fault, argument } of faults) fault.plan?.(plan, argument, context)
  return { plan, reply }
}

/** The plan of an answer that needs no model: embeddings, counts, lists. */
export function planLookup(call: Call, faults: readonly FaultTerm[]): Plan {
  const { wire } = call.route.operation
  const { body, inputTokens } = lookup(call)
  const reply = replyOf(call, nothing)
  const context: FaultContext = { wire, reply, isStream: false, pieces: 1 }
  let frames: SimFrame[] = [{ value: body, role: 'whole', tokens: 0 }]
  for (const { fault, argument } of faults) frames = fault.frames?.(frames, argument, context) ?? frames
  const plan = planOf(call, wire, frames, inputTokens)
  for (const { fault, argument } of faults) fault.plan?.(plan, argument, context)
  return plan
}

function lookup({ route, body, model, prompt }: Call): Lookup {
  const wire = route.operation.wire.name
  if (route.operation.kind === 'list-models') return { body: modelList(wire), inputTokens: 0 }
  if (route.operation.kind === 'count-tokens')
    return { body: tokenCount(wire, prompt.inputTokens), inputTokens: 0 }
  if (wire === 'cohere-chat') return cohereEmbeddings(body)
  if (wire === 'ollama-chat') return ollamaEmbeddings(body, model)
  return wire === 'gemini-generate' ? geminiEmbeddings(body) : openAiEmbeddings(body, model)
}

/** The plan of an error in the dialect of the path. */
export function planError(call: Call, wire: Wire, words: ErrorWords): Plan {
  const frame: SimFrame = { value: wire.error(words, call.n), role: 'whole', tokens: 0 }
  const plan = planOf({ ...call, isStream: false }, wire, [frame], undefined)
  return { ...plan, status: words.status }
}

function planOf(call: Call, wire: Wire, frames: SimFrame[], inputTokens: number | undefined): Plan {
  const { route, isStream, n, nowMs, rate } = call
  const isGemini = wire.name === 'gemini-generate'
  const isArray = isGemini && isStream && route.query.get('alt') !== 'sse'
  const stream = streamOf(wire)
  const framing = !isStream ? 'json' : isArray ? 'json-array' : stream.framing
  const contentType =
    framing === stream.framing
      ? stream.contentType
      : isGemini
        ? 'application/json; charset=UTF-8'
        : 'application/json'
  return {
    status: 200,
    headers: [
      ['content-type', contentType],
      ...wire.headers({ n, nowMs, habits: habitsOf(route.provider), rate }),
    ],
    preamble: '',
    framing,
    frames,
    sse: { lineEnd: isGemini ? '\r\n' : '\n', hasMark: false, isMultiline: false, endsBlank: true },
    transfer: isStream ? 'chunked' : 'length',
    lengthError: 0,
    breaksChunk: false,
    headersMs: 0,
    firstMs: 0,
    gapMs: 0,
    inputTokens,
  }
}
