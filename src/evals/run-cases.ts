/** The cases of a stored run: all of them with their outcomes, or one with its answers. */

import { GatewayError } from '../core/error.ts'
import { withSelfConsistency } from './analysis.ts'
import { type CaseOutcomes, outcomesOf, withoutAnswers } from './outcomes.ts'
import type { EvalStore, StoredRun } from './port.ts'
import { type Asked, askedOf } from './reports/asked.ts'
import type { CaseRow } from './row.ts'
import { rowPages } from './row-pages.ts'
import { type RunSettings, suiteNamed } from './run-settings.ts'

export interface RunOutcomes {
  /** Labels, in the order of each case's outcomes. */
  readonly arms: readonly string[]
  readonly cases: readonly CaseOutcomes[]
}

export interface CaseAnswers {
  /** Absent where the suite cannot be read any more. */
  readonly asked?: string
  readonly rows: readonly CaseRow[]
}

export class RunCases {
  readonly #store: Pick<EvalStore, 'rows' | 'rowsOfCase'>
  /** Of the run that was looked at last: people go from case to case. */
  #asked: { readonly id: string; readonly of: Asked } | undefined

  constructor(store: Pick<EvalStore, 'rows' | 'rowsOfCase'>) {
    this.#store = store
  }

  /** `known` are the labels of the arms, where a report tells them. */
  async outcomes({ org, id }: StoredRun, known: readonly string[] | undefined): Promise<RunOutcomes> {
    const rows = (await Array.fromAsync(rowPages(this.#store, org, id, withoutAnswers))).flat()
    const arms = known ?? [...new Set(rows.map(({ arm }) => arm))].toSorted()
    return { arms, cases: outcomesOf(rows, arms) }
  }

  /** Throws `not_found` where the run has no answer to it. */
  async one(run: StoredRun, caseId: string): Promise<CaseAnswers> {
    const rows = withSelfConsistency(await this.#store.rowsOfCase(run.org, run.id, caseId))
    if (rows.length === 0) throw new GatewayError('not_found', 'The run has no answer to such a case.')
    const asked = (await this.#askedIn(run)).get(caseId)
    return { rows, ...(asked !== undefined && { asked }) }
  }

  async #askedIn({ id, settings }: StoredRun): Promise<Asked> {
    if (this.#asked?.id === id) return this.#asked.of
    const { entry, files, overrides, windowTokens } = JSON.parse(settings) as RunSettings
    // To an earlier version of the gateway it was a suite; its answers can be read all the same.
    const suite = await suiteNamed(entry, files, overrides, windowTokens).catch(() => undefined)
    const of = askedOf(suite?.cases ?? [])
    this.#asked = { id, of }
    return of
  }
}
