/** Makes a golden set of recorded requests: each question once, and those that stand for what is asked. */

import { stringify } from 'yaml'
import { defined, type JsonObject } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import { askedTurns, type AskedTurns, recordedCaseId, wholeParams } from '../judgement/suite/recorded.ts'
import { inThread } from './analysis.ts'

/** A recorded request that was answered. */
export interface RecordedAsk {
  readonly id: string
  readonly atMs: number
  /** Redacted, with what its route adds. */
  readonly request: GenRequest
}

/** A question, as often as it was asked. */
interface Question {
  readonly ask: RecordedAsk
  readonly turns: AskedTurns
  readonly params: JsonObject | undefined
  times: number
}

export interface Recorded {
  readonly prompts: readonly JsonObject[]
  /** Requests of which no prompt could be made, by the reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Different questions among which was chosen. */
  readonly questions: number
}

/** More questions are thinned out over time before the choice: its cost grows with their square. */
const maxCandidates = 600

/** The same requests give the same prompts. `asks`: newest first. */
export async function choosePrompts(
  asks: readonly RecordedAsk[],
  { count, routePrompts }: { readonly count: number; readonly routePrompts: readonly string[] },
): Promise<Recorded> {
  const { questions, skipped } = questionsOf(asks, routePrompts)
  const step = Math.max(1, questions.length / maxCandidates)
  const candidates = Array.from(
    { length: Math.min(questions.length, maxCandidates) },
    (_, at) => questions[Math.floor(at * step)]!,
  )
  const texts = candidates.map(({ turns, times }) => ({ text: turns.at(-1)!['user']!, weight: times }))
  const chosen = await inThread((analysis) => analysis.choose(texts, count))
  return { prompts: chosen.map((at) => promptOf(candidates[at]!)), skipped, questions: questions.length }
}

function questionsOf(asks: readonly RecordedAsk[], routePrompts: readonly string[]) {
  const byContent = new Map<string, Question>()
  const skipped: Record<string, number> = {}
  for (const ask of asks) {
    const found = toQuestion(ask, routePrompts)
    if (typeof found === 'string') {
      skipped[found] = (skipped[found] ?? 0) + 1
      continue
    }
    const content = JSON.stringify([found.turns, found.params])
    const known = byContent.get(content)
    if (known) known.times++
    else byContent.set(content, found)
  }
  return { questions: [...byContent.values()], skipped }
}

/** The question, or why there is none. */
function toQuestion(ask: RecordedAsk, routePrompts: readonly string[]): Question | string {
  const { request } = ask
  if ((request.tools ?? []).some(({ type }) => type !== 'function')) return "offers a provider's own tools"
  const { toolChoice: choice } = request
  if (choice?.type === 'allowed' || choice?.type === 'native') return 'chooses tools as no suite can'
  const turns = askedTurns(request, routePrompts)
  return typeof turns === 'string' ? turns : { ask, turns, params: wholeParams(request), times: 1 }
}

function promptOf({ ask, turns, params, times }: Question): JsonObject {
  const [first, second, ...more] = turns
  const said =
    turns.length === 1
      ? { prompt: first!['user'] }
      : turns.length === 2 && first!['system'] !== undefined && more.length === 0
        ? { system: first!['system'], prompt: second!['user'] }
        : { turns: [...turns] }
  const metadata = { request: ask.id, asked: new Date(ask.atMs).toISOString(), times }
  return defined({ id: recordedCaseId(ask.id), ...said, params, metadata })
}

/** The set as a file, for people to read and to add what is to hold. */
export function goldenText(settings: JsonObject, prompts: readonly JsonObject[]): string {
  return stringify({ ...settings, prompts: [...prompts] }, { lineWidth: 110 })
}
