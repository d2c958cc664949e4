/** Asks a golden prompt once, turn by turn, and gives what is kept of the last reply. */

import type { Answer } from '../core/answer.ts'
import { asObject, defined, type JsonObject, parseJson } from '../core/json.ts'
import type { GenRequest, Tool, Turn } from '../core/request.ts'
import type { GradeContext, GradeParts, Reply } from '../judgement/assertions/assertion.ts'
import { gradeReply, sumUp } from '../judgement/assertions/grade.ts'
import type { ParamSettings } from '../judgement/suite/settings.ts'
import type { Case } from '../judgement/suite/suite.ts'
import type { AskPriced } from './port.ts'
import type { Unread } from './sample.ts'

export interface ProbeParts {
  readonly ask: AskPriced
  readonly grading: GradeParts
}

export interface ProbeOptions {
  readonly target: string
  readonly timeoutMs: number
  readonly tags: readonly string[]
}

/** Never rejects: a call that fails is a sample with its error's code. */
export async function probe(
  golden: Case,
  options: ProbeOptions,
  parts: ProbeParts,
  signal?: AbortSignal,
): Promise<Unread> {
  const turns: Turn[] = []
  const replies: Reply[] = []
  const results: Awaited<ReturnType<typeof gradeReply>>[number][] = []
  let last: Unread = { requestId: '', error: 'no_call', text: '', toolCalls: [], durationMs: 0 }
  for (const step of golden.steps) {
    if (step.role !== 'call') {
      turns.push(toTurn(step, last))
      continue
    }
    const request = requestOf(golden.params, options.target, turns)
    const { target: _target, ...rest } = options
    const asked = await parts.ask({ request, ...rest, priority: 'batch', cache: 'off' }, signal)
    last = sampleOf(asked)
    if (last.error !== undefined) break
    const reply = replyOf(last, asked)
    replies.push(reply)
    results.push(...(await gradeReply(step.assert, contextOf(golden, reply, replies, turns), parts.grading)))
    turns.push(replyTurn(asked.answer!))
  }
  const { status, pass } = sumUp(results, golden.threshold)
  const isGraded = last.error === undefined && status === 'graded' && results.some(({ weight }) => weight > 0)
  const fitsSchema = last.error === undefined ? await fits(last.text, golden, parts.grading) : undefined
  return {
    ...last,
    ...(isGraded && { isRight: pass }),
    ...(fitsSchema !== undefined && { fitsSchema }),
    ...(golden.params.temperature === 0 && { isGreedy: true }),
  }
}

/** Undefined where the prompt asks for no schema, or it cannot be checked. */
async function fits(text: string, golden: Case, { schemas }: GradeParts): Promise<boolean | undefined> {
  const schema = schemaOf(golden)
  if (schema === undefined) return undefined
  const value = parseJson(text)
  if (value === undefined) return false
  try {
    return (await schemas.check(schema, value)) === undefined
  } catch {
    return undefined // a schema that takes too long says nothing of the answer
  }
}

/** That the answer is asked for in, or that it is asserted to have. */
function schemaOf({ params, steps }: Case): JsonObject | undefined {
  const { response_format: form } = params
  if (form?.type === 'json_schema') return asObject(form.json_schema.schema)
  const last = steps.at(-1)
  const asserted = last?.role === 'call' ? last.assert : []
  return asObject(asserted.find(({ type, isNegated }) => type === 'is-json' && !isNegated)?.value)
}

function requestOf(params: ParamSettings, model: string, turns: readonly Turn[]): GenRequest {
  const { response_format: form, tools, tool_choice: choice, stop } = params
  return defined({
    model,
    // Only a stream shows the time to the first token.
    stream: true as const,
    includeUsage: true,
    turns: [...turns],
    temperature: params.temperature,
    topP: params.top_p,
    maxOutputTokens: params.max_tokens,
    seed: params.seed,
    stop: typeof stop === 'string' ? [stop] : stop,
    topLogprobs: params.logprobs ? 0 : undefined,
    reasoning: params.reasoning_effort && { effort: params.reasoning_effort },
    format: form && formatOf(form),
    tools: tools?.map(({ function: { name, description, parameters, strict } }): Tool =>
      defined({ type: 'function' as const, name, description, schema: parameters, strict }),
    ),
    toolChoice:
      choice === undefined
        ? undefined
        : typeof choice === 'string'
          ? { type: choice }
          : { type: 'tool' as const, name: choice.function.name },
  })
}

function formatOf(form: NonNullable<ParamSettings['response_format']>): NonNullable<GenRequest['format']> {
  switch (form.type) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema':
      return { type: 'json-schema', ...defined(form.json_schema) }
  }
}

function toTurn(step: Exclude<Case['steps'][number], { role: 'call' }>, last: Unread): Turn {
  const content = [{ type: 'text' as const, text: step.text }]
  if (step.role !== 'tool') return { role: step.role, parts: content }
  const at = last.toolCalls.findIndex(({ name }) => name === step.name)
  return {
    role: 'tool',
    parts: [{ type: 'tool-result', callId: callId(Math.max(0, at)), name: step.name, content }],
  }
}

/** The calls of a reply get ids of our own: what a provider calls them is of its dialect. */
const callId = (at: number): string => `call_${at + 1}`

function replyTurn(answer: Answer): Turn {
  let calls = 0
  return {
    role: 'assistant',
    parts: answer.blocks.flatMap((block): Turn['parts'][number][] => {
      if (block.kind === 'text') return [{ type: 'text', text: block.text }]
      if (block.kind === 'refusal') return [{ type: 'refusal', text: block.text }]
      if (block.kind !== 'tool') return []
      return [{ type: 'tool-call', callId: callId(calls++), name: block.name, arguments: block.text }]
    }),
  }
}

type Asked = Awaited<ReturnType<AskPriced>>

/** What is kept of a call. An answer that broke off is an error, whatever text came. */
function sampleOf(asked: Asked): Unread {
  const { requestId, answer, error, model, usage, durationMs, firstTokenMs, costNanoUsd } = asked
  if (error !== undefined || answer === undefined) {
    const code = error?.code ?? 'internal'
    return defined({ requestId, error: code, text: '', toolCalls: [], durationMs, costNanoUsd })
  }
  const joined = (kind: 'text' | 'refusal') =>
    answer.blocks
      .filter((block) => block.kind === kind)
      .map(({ text }) => text)
      .join('')
  const refusalText = joined('refusal')
  const logprobs = answer.blocks.flatMap((block) => block.logprobs ?? [])
  return defined({
    requestId,
    text: joined('text'),
    refusalText: refusalText === '' ? undefined : refusalText,
    finish: answer.finishes[0]?.reason,
    toolCalls: answer.blocks.flatMap((block) =>
      block.kind === 'tool' ? [{ name: block.name, arguments: block.text }] : [],
    ),
    outputTokens: usage?.outputTokens,
    model: answer.model === '' ? model : answer.model,
    fingerprint: answer.fingerprint,
    durationMs,
    firstTokenMs,
    costNanoUsd,
    meanLogprob:
      logprobs.length === 0
        ? undefined
        : logprobs.reduce((total, { logprob }) => total + logprob, 0) / logprobs.length,
  })
}

function replyOf(sample: Unread, { answer }: Asked): Reply {
  const { text, toolCalls, finish, refusalText, outputTokens, durationMs, firstTokenMs, costNanoUsd } = sample
  return defined({
    output: text,
    toolCalls,
    finishReason: finish,
    isRefusal: refusalText !== undefined || finish === 'refusal' || finish === 'content-filter',
    logprobs: answer?.blocks.flatMap((block) => (block.logprobs ?? []).map(({ logprob }) => logprob)),
    outputTokens,
    totalMs: durationMs,
    firstTokenMs,
    costUsd: costNanoUsd === undefined ? undefined : costNanoUsd / 1e9,
    isCached: false,
  })
}

function contextOf(
  golden: Case,
  reply: Reply,
  replies: readonly Reply[],
  turns: readonly Turn[],
): GradeContext {
  return {
    reply,
    replies: [...replies],
    prompt: turns.map(({ role, parts }) => ({
      role,
      content: parts.map((part) => ('text' in part ? part.text : '')).join(''),
    })),
    vars: golden.vars,
    tools: (golden.params.tools ?? []).map(({ function: { name, parameters } }) =>
      defined({ name, schema: parameters }),
    ),
  }
}
