/** What an attempt and the contract of its request tell each other: how to ask, and what came of the answer. */

import type { Breach } from './breach.ts'
import type { GenEvent } from './event.ts'
import type { GenRequest } from './request.ts'

/** How a target is made to answer by a schema: by itself, as a forced call, as any JSON, or by asking. */
export type ContractMode = 'native' | 'tool' | 'json' | 'instructions'

/** What came of one answer. */
export interface ContractOutcome {
  /** Absent where only the arguments of tool calls were checked. */
  readonly mode?: ContractMode
  /** `refused`: the provider says that the model declined, or that a filter stepped in; that is passed on. */
  readonly found: 'valid' | 'repaired' | 'refused' | 'not-asked' | 'invalid'
  /** What was mended, by name. */
  readonly mends: readonly string[]
  readonly breach?: Breach
  /** Faults in the arguments of tool calls that are only reported. */
  readonly toolFaults?: readonly string[]
}

/** Looks at the events of one answer on their way to the client. */
export interface AnswerCheck {
  /** Nothing of the answer may be sent yet. */
  readonly isHolding: boolean
  /** Everything that came out is what went in. */
  readonly isUntouched: boolean
  /** What the client gets now. A `fail` ends the answer: nothing it could still say would satisfy. */
  push(event: GenEvent): readonly GenEvent[]
  /** What it gets at the end, when the whole answer is known. */
  end(): readonly GenEvent[] | Promise<readonly GenEvent[]>
  /** Known when the answer has ended. */
  readonly outcome: ContractOutcome | undefined
}

/** One attempt's part in a contract. */
export interface ContractAttempt {
  /** The request as this target is asked it: the client's own object where nothing in it changes. */
  readonly request: GenRequest
  check(): AnswerCheck
}
