/** What a recorded request asked, as a suite writes it. Pure. */

import { createHash } from 'node:crypto'
import { defined, type Json, type JsonObject } from '../../core/json.ts'
import type { GenRequest, Part, Turn } from '../../core/request.ts'

/** The turns of a case before the model's reply: `{system}`, `{user}` and `{assistant}`, ending with a user's. */
export type AskedTurns = readonly Readonly<Record<string, string>>[]

/**
 * The turns of a request, without those that its route adds by itself (`routePrompts`), or why they make no case.
 */
export function askedTurns(request: GenRequest, routePrompts: readonly string[]): AskedTurns | string {
  const asked: Record<string, string>[] = []
  for (const turn of withoutPrompts(request.turns, routePrompts)) {
    const text = textOf(turn)
    if (text === undefined) return 'holds more than text'
    const role = turn.role === 'developer' ? 'system' : turn.role
    if (text !== '') asked.push({ [role]: escaped(text) })
  }
  return asked.at(-1)?.['user'] === undefined ? 'does not end with a user' : asked
}

/** The id of a case that a recorded request became. */
export const recordedCaseId = (requestId: string): string =>
  `t-${requestId.toLowerCase().replace(/[^a-z0-9._-]/g, '-')}`.slice(0, 80)

/** What callers write is no template. */
export function escaped(text: string): string {
  return text.replace(/\{[{%#]/g, (mark) => `{{ "${mark}" }}`)
}

/** Sampling, as a case's `params`; undefined where the request left it to the model. */
export function askedParams({ temperature, topP, maxOutputTokens }: GenRequest): JsonObject | undefined {
  return unlessEmpty({ temperature, top_p: topP, max_tokens: maxOutputTokens })
}

/** As `askedParams`, with all else that decides what comes back: its form, its tools, its end. */
export function wholeParams(request: GenRequest): JsonObject | undefined {
  const { seed, stop, reasoning, format, tools = [], toolChoice: choice, topLogprobs } = request
  return unlessEmpty({
    ...askedParams(request),
    seed,
    stop: stop && [...stop],
    logprobs: topLogprobs === undefined ? undefined : true,
    reasoning_effort: reasoning?.effort,
    response_format: format && formatOf(format),
    tools: tools.length === 0 ? undefined : tools.flatMap(toolOf),
    tool_choice: choice && choiceOf(choice),
  })
}

function unlessEmpty(params: Record<string, Json | undefined>): JsonObject | undefined {
  const given = defined(params) as JsonObject
  return Object.keys(given).length === 0 ? undefined : given
}

function formatOf(format: NonNullable<GenRequest['format']>): JsonObject {
  if (format.type === 'text') return { type: 'text' }
  if (format.type === 'json') return { type: 'json_object' }
  const { name, description, schema, strict } = format
  return { type: 'json_schema', json_schema: defined({ name, description, schema, strict }) }
}

function toolOf(tool: NonNullable<GenRequest['tools']>[number]): JsonObject[] {
  if (tool.type !== 'function') return []
  const { name, description, schema: parameters, strict } = tool
  return [{ type: 'function', function: defined({ name, description, parameters, strict }) }]
}

/** Undefined for a choice that suites cannot write. */
function choiceOf(choice: NonNullable<GenRequest['toolChoice']>): Json | undefined {
  if (choice.type === 'tool') return { type: 'function', function: { name: choice.name } }
  return choice.type === 'allowed' || choice.type === 'native' ? undefined : choice.type
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

/** A session as clusters name it: sessions may name people. */
export const sessionName = (session: string): string =>
  createHash('sha256').update(session).digest('hex').slice(0, 12)
