/** Runs one repeat of one case against one arm: calls, keeps the replies in the history, and grades them. */

import { type Answer, answerTextOf, blocksOf } from '../core/answer.ts'
import type { GatewayError } from '../core/error.ts'
import { asNumber, asObject, defined } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Part, Turn } from '../core/request.ts'
import type { GradeParts, Reply } from '../judgement/assertions/assertion.ts'
import { type AssertionResult, gradeReply, sumUp } from '../judgement/assertions/grade.ts'
import type { Case, Step, Target } from '../judgement/suite/suite.ts'
import { isAnswer, isBreach, isDeclined } from './answered.ts'
import type { Called } from './port.ts'
import { declaredTools, textTurn, toRequest, turnText } from './request.ts'
import type { CaseRow, RowReply } from './row.ts'

export interface Attempt {
  readonly test: Case
  readonly arm: Target
  readonly repeat: number
}

export interface ConversationParts {
  /** Calls until an answer is there or no further try can help. */
  readonly call: (
    request: ReturnType<typeof toRequest>,
    attempt: Attempt,
  ) => Promise<Called & { isCached?: true }>
  /** Graders whose own calls are billed through `bill`. */
  gradersFor(bill: (costNanoUsd: NanoUsd) => void): GradeParts
}

/** Never rejects: what goes wrong is the row's error. */
export async function runConversation(attempt: Attempt, parts: ConversationParts): Promise<CaseRow> {
  const { test, arm, repeat } = attempt
  const params = { ...test.params, ...arm.params }
  const tools = declaredTools(params)
  const tally = new Tally()
  const graders = parts.gradersFor((cost) => tally.grade(cost))
  const turns: Turn[] = []
  const replies: Reply[] = []
  const results: AssertionResult[] = []
  const row = (more: Pick<CaseRow, 'status' | 'pass' | 'score' | 'asserts'> & Partial<CaseRow>): CaseRow => ({
    ...facts(test),
    arm: arm.label,
    repeat,
    replies: replies.map(rowReply),
    ...tally.figures,
    ...more,
  })
  for (const step of test.steps) {
    if (step.role !== 'call') {
      turns.push(turnOf(step, turns))
      continue
    }
    const called = await parts.call(toRequest(arm.target, turns, params), attempt)
    tally.add(called)
    const reply = replyOf(called)
    if (reply === undefined) {
      const { code = 'internal', message = 'There was no answer.' } = called.error ?? {}
      return row({ status: 'error', pass: false, score: 0, asserts: results, error: { code, message } })
    }
    replies.push(reply)
    if (called.error && isBreach(called.error) && !isDeclined(called.error))
      results.push(breachResult(called.error))
    const prompt = turns.map((turn) => ({ role: turn.role, content: turnText(turn) }))
    const context = { reply, replies: [...replies], prompt, vars: test.vars, tools }
    results.push(...(await gradeReply(step.assert, context, graders)))
    turns.push(assistantTurn(called.answer))
  }
  const grade = sumUp(results, test.threshold)
  const fault = grade.asserts.find(({ error, weight }) => error !== undefined && weight > 0)
  return row({
    status: grade.status,
    pass: grade.pass,
    score: grade.score,
    asserts: grade.asserts,
    ...(fault && { error: { code: `grader:${fault.type}`, message: fault.error! } }),
  })
}

function facts({ id, inputHash, cluster, tags, isCritical, steps }: Case) {
  const minAgreement = steps
    .flatMap((step) => (step.role === 'call' ? step.assert : []))
    .filter(({ type }) => type === 'self-consistency')
    .flatMap(
      ({ value, threshold }) => threshold ?? asNumber(asObject(value)?.['min']) ?? asNumber(value) ?? [],
    )
  return {
    caseId: id,
    inputHash,
    cluster,
    tags,
    isCritical,
    ...(minAgreement.length > 0 && { minAgreement: Math.max(...minAgreement) }),
  }
}

function turnOf(step: Exclude<Step, { role: 'call' }>, turns: readonly Turn[]): Turn {
  if (step.role !== 'tool') return textTurn(step.role, step.text)
  const call = turns.at(-1)?.parts.find((part) => part.type === 'tool-call' && part.name === step.name)
  // A model that called no such tool is told the result all the same: the case goes on as it is written.
  if (call?.type !== 'tool-call') return textTurn('user', `Result of ${step.name}: ${step.text}`)
  return {
    role: 'tool',
    parts: [
      {
        type: 'tool-result',
        callId: call.callId,
        name: step.name,
        content: [{ type: 'text', text: step.text }],
      },
    ],
  }
}

/** The answer as history. Reasoning stays out: it is the model's own, and not every target takes it back. */
function assistantTurn(answer: Answer | undefined): Turn {
  const parts = (answer?.blocks ?? []).flatMap((block): Part[] => {
    if (block.choice !== 0) return []
    if (block.kind === 'text' || block.kind === 'refusal') return [{ type: 'text', text: block.text }]
    if (block.kind !== 'tool') return []
    const { callId, name, text } = block
    return [{ type: 'tool-call', callId, name, arguments: text === '' ? '{}' : text }]
  })
  return { role: 'assistant', parts: parts.length === 0 ? [{ type: 'text', text: '' }] : parts }
}

/** What graders see; undefined where there was no whole answer. */
function replyOf(called: Called & { isCached?: true }): Reply | undefined {
  const { answer, error, usage } = called
  if (error !== undefined && !isAnswer(error)) return undefined
  if (answer === undefined && error === undefined) return undefined
  const blocks = answer ? blocksOf(answer, 0) : []
  const finish = answer?.finishes.find(({ choice }) => choice === 0)
  const logprobs = blocks.flatMap((block) => block.logprobs?.map(({ logprob }) => logprob) ?? [])
  return defined({
    output: error?.contract?.text ?? (answer ? answerTextOf(answer) : ''),
    toolCalls: blocks.flatMap((block) =>
      block.kind === 'tool' ? [{ name: block.name, arguments: block.text === '' ? '{}' : block.text }] : [],
    ),
    finishReason: error && isDeclined(error) ? 'content-filter' : finish?.reason,
    isRefusal: isRefusal(error, finish?.reason) || blocks.some(({ kind }) => kind === 'refusal'),
    logprobs: logprobs.length > 0 ? logprobs : undefined,
    outputTokens: usage?.outputTokens,
    totalMs: called.durationMs,
    firstTokenMs: called.firstTokenMs,
    costUsd: called.costNanoUsd === undefined ? undefined : called.costNanoUsd / 1e9,
    isCached: called.isCached === true,
  })
}

/** The target has answered, and no try of its made what the request asks for: it fails whatever else is asserted. */
function breachResult({ message }: GatewayError): AssertionResult {
  return { type: 'contract', weight: 1, pass: false, score: 0, reason: message }
}

function isRefusal(error: GatewayError | undefined, reason: string | undefined): boolean {
  const isOfError = error !== undefined && isDeclined(error)
  return isOfError || reason === 'refusal' || reason === 'content-filter'
}

function rowReply({ output, toolCalls, finishReason }: Reply): RowReply {
  return defined({ output, toolCalls, finishReason })
}

/** What the calls of a conversation took and cost together. */
class Tally {
  #costNanoUsd: NanoUsd | undefined = 0
  #gradingNanoUsd: NanoUsd = 0
  #totalMs = 0
  #firstTokenMs: number | undefined
  #calls = 0
  #inputTokens = 0
  #outputTokens = 0
  #hasUsage = false
  #isCached = false
  #provider: string | undefined
  #model: string | undefined
  #requestId: string | undefined

  grade(costNanoUsd: NanoUsd): void {
    this.#gradingNanoUsd += costNanoUsd
  }

  add(called: Called & { isCached?: true }): void {
    const { costNanoUsd, usage } = called
    // One price that is not known makes the sum unknown.
    this.#costNanoUsd =
      this.#costNanoUsd === undefined || costNanoUsd === undefined
        ? undefined
        : this.#costNanoUsd + costNanoUsd
    this.#totalMs += called.durationMs
    if (this.#calls === 0) this.#firstTokenMs = called.firstTokenMs
    this.#calls += 1
    if (usage) {
      this.#hasUsage = true
      this.#inputTokens += usage.inputTokens
      this.#outputTokens += usage.outputTokens
    }
    this.#isCached ||= called.isCached === true
    this.#requestId = called.requestId === '' ? undefined : called.requestId
    this.#provider = called.provider ?? this.#provider
    this.#model = called.answer?.model || called.model || this.#model
  }

  get figures() {
    const usage = { inputTokens: this.#inputTokens, outputTokens: this.#outputTokens }
    return {
      gradingNanoUsd: this.#gradingNanoUsd,
      isCached: this.#isCached,
      ...defined({
        costNanoUsd: this.#costNanoUsd,
        totalMs: this.#isCached ? undefined : this.#totalMs,
        firstTokenMs: this.#isCached ? undefined : this.#firstTokenMs,
        usage: this.#hasUsage ? usage : undefined,
        requestId: this.#requestId,
        provider: this.#provider,
        model: this.#model,
      }),
    }
  }
}
