/** A session's lines as turns: one for each request, with what its prompt consists of. Pure. */

import type { Reply } from '../api/client.ts'
import { formatCount } from '../format/number.ts'

export type Session = Reply<'GET /sessions/{id}'>
type Line = Session['turns'][number]

/** In the order in which they are drawn, from the bottom up; the colours follow. */
export const promptParts = ['system', 'history', 'tools', 'retrieved', 'new_turn'] as const

export type PromptPart = (typeof promptParts)[number]

export interface Turn {
  /** From 1. */
  readonly n: number
  readonly requestId: string
  readonly at: string
  readonly model: string
  readonly attempts: number
  /** Of the last attempt. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  /** Of the last attempt; undefined where the parts are not known. */
  readonly parts: Readonly<Record<PromptPart, number>> | undefined
  /** Of all attempts. */
  readonly costUsd: number
  readonly code: string | undefined
}

export function turnsOf({ turns }: Session): Turn[] {
  return [...Map.groupBy(turns, (line) => line.request_id).values()].map((lines, index) =>
    toTurn(lines, index + 1),
  )
}

function toTurn(lines: readonly Line[], n: number): Turn {
  const attempts = lines.filter(({ kind }) => kind !== 'adjust')
  const last = attempts.at(-1) ?? lines.at(-1)!
  return {
    n,
    requestId: last.request_id,
    at: last.at,
    model: `${last.provider}/${last.model}`,
    attempts: attempts.length,
    inputTokens: last.input_tokens,
    outputTokens: last.output_tokens,
    cacheReadTokens: last.cache_read_tokens ?? 0,
    parts: last.input_estimate,
    costUsd: lines.reduce((sum, line) => sum + Number(line.charged_usd), 0),
    code: last.code,
  }
}

/** Tokens that each turn adds to the prompt, in the mean; undefined of a single turn. */
export function growthOf(turns: readonly Turn[]): number | undefined {
  const first = turns[0]
  const last = turns.at(-1)
  if (!first || !last || turns.length < 2) return undefined
  return (last.inputTokens - first.inputTokens) / (turns.length - 1)
}

/** `+120` tokens, `-3`, `-` where it is not known. */
export function growthText(growth: number | undefined): string {
  if (growth === undefined) return '-'
  return `${growth < 0 ? '-' : '+'}${formatCount(Math.abs(growth))}`
}

/** Of the input tokens, those that a provider read from its cache. */
export function cacheShareOf(turns: readonly Turn[]): number | undefined {
  const input = turns.reduce((sum, turn) => sum + turn.inputTokens, 0)
  if (input === 0) return undefined
  return turns.reduce((sum, turn) => sum + turn.cacheReadTokens, 0) / input
}
