/** What a fault is: a named change of an answer on its way to the wire. */

import type { SimAnswer } from './answer.ts'
import type { Plan } from './plan.ts'
import type { Prompt } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

export interface FaultContext {
  readonly wire: Wire
  readonly reply: Reply
  readonly isStream: boolean
  /** Pieces of content in the answer. */
  readonly pieces: number
}

/**
 * A fault changes the answer before it is written, its frames, or the plan of sending them. The argument is the
 * text after the name and a hyphen, or empty.
 */
export interface Fault {
  readonly means: string
  /** Absent: it takes none. An argument may always be left out where `means` gives a default. */
  readonly argument?: 'count' | 'duration' | 'text'
  /** The model that answers when the specification names none. */
  readonly base?: string
  readonly answer?: (
    answer: SimAnswer,
    argument: string,
    call: { readonly prompt: Prompt; readonly n: number },
  ) => SimAnswer
  readonly frames?: (frames: readonly SimFrame[], argument: string, context: FaultContext) => SimFrame[]
  readonly plan?: (plan: Plan, argument: string, context: FaultContext) => void
}

/** Turns a plan into the dialect's refusal: an error status with its body, unbilled. */
export function refuse(
  plan: Plan,
  context: FaultContext,
  words: ErrorWords,
  headers: readonly [string, string][] = [],
): void {
  plan.status = words.status
  const kept = plan.headers.filter(([name]) => name !== 'content-type')
  plan.headers = [['content-type', 'application/json'], ...kept, ...headers]
  plan.framing = 'json'
  plan.frames = [{ value: context.wire.error(words, context.reply.n), role: 'whole', tokens: 0 }]
  plan.transfer = 'length'
  plan.inputTokens = undefined
}
