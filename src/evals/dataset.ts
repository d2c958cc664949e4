/** Turns recorded requests into the cases of a suite: what was asked, and what people said of the answer. Pure. */

import { defined, type Json, type JsonObject } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import { askedParams, askedTurns, escaped, recordedCaseId, sessionName } from '../judgement/suite/recorded.ts'

/** A recorded request with what is known of its answer. */
export interface RecordedAsk {
  readonly id: string
  readonly atMs: number
  readonly session?: string
  readonly route?: string
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
  const turns = askedTurns(request, settings.routePrompts)
  if (typeof turns === 'string') return turns
  return defined({
    id: recordedCaseId(id),
    tags: label === undefined ? undefined : [label],
    metadata: defined({
      cluster: session === undefined ? id : sessionName(session),
      request: id,
      asked: new Date(ask.atMs).toISOString(),
      answered_by: model,
      score,
      label,
      comment,
    }) as Json,
    params: askedParams(request),
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
