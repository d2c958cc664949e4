/**
 * Answers that a developer lets be used again while a suite is written. Repeats never share one, faults are never
 * kept, and a run that used one does not pass its gate.
 */

import type { GenRequest } from '../core/request.ts'
import type { Json } from '../core/json.ts'
import { canonicalJson, sha256 } from '../judgement/suite/case-id.ts'
import type { Called, EvalStore } from './port.ts'

export interface KeptAnswersParts {
  readonly store: Pick<EvalStore, 'keptAnswer' | 'keepAnswer'>
  readonly org: string
  readonly seed: string
  readonly nowMs: () => number
}

type Kept = Pick<Called, 'answer' | 'provider' | 'model' | 'usage'>

export class KeptAnswers {
  readonly #parts: KeptAnswersParts

  constructor(parts: KeptAnswersParts) {
    this.#parts = parts
  }

  /** The kept answer to this request in this repeat, else what `ask` gives, which is then kept. */
  async call(
    request: GenRequest,
    repeat: number,
    ask: () => Promise<Called>,
  ): Promise<Called & { isCached?: true }> {
    const { store, org, seed, nowMs } = this.#parts
    const key = sha256(canonicalJson({ request: request as unknown as Json, repeat, seed }))
    const kept = await store.keptAnswer(org, key)
    if (kept !== undefined) {
      return { ...(JSON.parse(kept) as Kept), requestId: '', durationMs: 0, attempts: 0, isCached: true }
    }
    const called = await ask()
    const { answer, error, provider, model, usage } = called
    if (error === undefined && answer !== undefined) {
      await store.keepAnswer(org, key, JSON.stringify({ answer, provider, model, usage }), nowMs())
    }
    return called
  }
}
