/** Turns recorded requests into the cases of a suite: what was asked, and what people said of the answer. Pure. */

import { createHash } from 'node:crypto'
import { defined, type Json, type JsonObject } from '../core/json.ts'
import type { GenRequest, Part, Turn } from '../core/request.ts'

/** A recorded request with what is known of its answer. */
export interface RecordedAsk {
  readonly id: string
  readonly atMs: number
  readonly session?: string
  readonly model?: string
  /** Redacted, with what its route adds. */
  readonly request: GenRequest
  readonly answer?: string
  readonly score?: number
  readonly label?: string
  readonly comment?: string
}

export interface DatasetSettings {
  readonly name: string
  /** Absent: people say which. */
  readonly candidate?: string
  /** What an answer that nobody disliked is good for: `none` leaves it as a note. */
  readonly reference: 'none' | 'factuality' | 'similar' | 'equals'
  /** Prompts that the route adds by itself: they are left out of the cases. */
  readonly routePrompts: readonly string[]
}

export interface Dataset {
  /** A suite, but for what people add. */
  readonly suite: JsonObject
  readonly cases: number
  /** Requests that are no case, by the reason. */
  readonly skipped: Readonly<Record<string, number>>
}

/** Answers that were liked less are no reference. */
const leastScore = 0.5

export function toDataset(asks: readonly RecordedAsk[], settings: DatasetSettings): Dataset {
  const skipped: Record<string, number> = {}
  const seen = new Set<string>()
  const tests = asks.flatMap((ask): JsonObject[] => {
    const found = toCase(ask, settings)
    const key = typeof found === 'string' ? undefined : JSON.stringify(found['turns'])
    const reason = typeof found === 'string' ? found : seen.has(key!) ? 'asked before' : undefined
    if (reason !== undefined) {
      skipped[reason] = (skipped[reason] ?? 0) + 1
      return []
    }
    seen.add(key!)
    return [found as JsonObject]
  })
  const { name, candidate } = settings
  const suite = defined({ name, candidate, cluster: 'metadata.cluster', tests }) as JsonObject
  return { suite, cases: tests.length, skipped }
}

/** The case, or why there is none. */
function toCase(ask: RecordedAsk, settings: DatasetSettings): JsonObject | string {
  const { request, id, session, score, label, comment, answer, model } = ask
  if ((request.tools ?? []).length > 0) return 'offers tools'
  const turns: JsonObject[] = []
  for (const turn of withoutPrompts(request.turns, settings.routePrompts)) {
    const text = textOf(turn)
    if (text === undefined) return 'holds more than text'
    const role = turn.role === 'developer' ? 'system' : turn.role
    if (text !== '') turns.push({ [role]: escaped(text) })
  }
  if (turns.at(-1)?.['user'] === undefined) return 'does not end with a user'
  return defined({
    id: `t-${id.toLowerCase().replace(/[^a-z0-9._-]/g, '-')}`.slice(0, 80),
    tags: label === undefined ? undefined : [label],
    metadata: defined({
      cluster: session === undefined ? id : hashOf(session),
      request: id,
      asked: new Date(ask.atMs).toISOString(),
      answered_by: model,
      score,
      label,
      comment,
    }) as Json,
    params: paramsOf(request),
    turns: [...turns, { assistant: { assert: referenceOf(answer, score, settings) } }],
  }) as JsonObject
}

function referenceOf(
  answer: string | undefined,
  score: number | undefined,
  { reference }: DatasetSettings,
): JsonObject[] {
  if (reference === 'none' || answer === undefined || answer === '') return []
  if (score !== undefined && score < leastScore) return []
  return [{ type: reference, value: escaped(answer) }]
}

/** The system turns that the route puts before those of the request. */
function withoutPrompts(turns: readonly Turn[], prompts: readonly string[]): readonly Turn[] {
  const [first, ...rest] = turns
  const text = first?.role === 'system' ? textOf(first) : undefined
  return text !== undefined && prompts.some((prompt) => isPrompt(prompt, text)) ? rest : turns
}

/** `{{date}}` has become a day. */
function isPrompt(prompt: string, text: string): boolean {
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${prompt.split('{{date}}').map(literal).join('\\d{4}-\\d{2}-\\d{2}')}$`).test(text)
}

/** Undefined where there is more to it than text. Reasoning is the model's own and stays out. */
function textOf({ role, parts }: Turn): string | undefined {
  if (role === 'tool') return undefined
  const texts = parts.filter((part: Part) => part.type !== 'reasoning')
  return texts.every((part) => part.type === 'text') ? texts.map(({ text }) => text).join('') : undefined
}

/** What callers write is no template. */
function escaped(text: string): string {
  return text.replace(/\{[{%#]/g, (mark) => `{{ "${mark}" }}`)
}

function paramsOf({ temperature, topP, maxOutputTokens }: GenRequest): Json | undefined {
  const params = defined({ temperature, top_p: topP, max_tokens: maxOutputTokens })
  return Object.keys(params).length === 0 ? undefined : (params as Json)
}

/** Sessions may name people. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
