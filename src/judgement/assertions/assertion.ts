/** What an assertion is, what it looks at, and what it says. */

import type { Json, JsonObject } from '../../core/json.ts'

export interface Assertion {
  /** Of the table, without its `not-`. */
  readonly type: string
  readonly isNegated: boolean
  readonly value?: Json
  readonly threshold?: number
  /** 1 where the suite says nothing; 0 is measured and never fails. */
  readonly weight: number
  /** The name under which scores are summed up. */
  readonly metric?: string
  /** What is done to the output first. */
  readonly transform?: string
  /** The same, as JavaScript of the suite. */
  readonly transformScript?: string
  /** A judge or embedder other than the suite's. */
  readonly provider?: string
  readonly config?: JsonObject
  /** The judge's instructions instead of ours. */
  readonly rubricPrompt?: string
  /** Of `assert-set`. */
  readonly assert?: readonly Assertion[]
}

export interface ToolCall {
  readonly name: string
  /** Raw JSON text, as the model wrote it. */
  readonly arguments: string
}

export interface DeclaredTool {
  readonly name: string
  readonly schema?: JsonObject
}

/** One reply of a model, as graders see it. */
export interface Reply {
  /** Text of the message, reasoning excluded. */
  readonly output: string
  readonly toolCalls: readonly ToolCall[]
  /** In our word. */
  readonly finishReason?: string
  /** The provider itself says that this is a refusal. */
  readonly isRefusal: boolean
  /** Natural logarithms, one for each token, where the provider told them. */
  readonly logprobs?: readonly number[]
  readonly outputTokens?: number
  readonly totalMs: number
  readonly firstTokenMs?: number
  /** Absent: the price is not known. */
  readonly costUsd?: number
  /** Kept from an earlier run: its times and cost say nothing. */
  readonly isCached: boolean
}

export interface GradeContext {
  readonly reply: Reply
  /** All replies of the conversation so far, this one last. */
  readonly replies: readonly Reply[]
  /** The messages that led to the reply. */
  readonly prompt: readonly { readonly role: string; readonly content: string }[]
  readonly vars: Readonly<Record<string, unknown>>
  readonly tools: readonly DeclaredTool[]
}

export interface Verdict {
  readonly pass: boolean
  /** In [0, 1]. */
  readonly score: number
  readonly reason: string
}
/** The grader could not tell: never counted as a wrong answer. */
export interface GradeFault {
  readonly error: string
}
export type Outcome = Verdict | GradeFault

export function isFault(outcome: Outcome): outcome is GradeFault {
  return 'error' in outcome
}

export interface JudgeQuestion {
  readonly system: string
  readonly user: string
  /** A judge named by the assertion; absent: the suite's. */
  readonly target?: string
  /** An answer that cannot be read is asked for once more, and then is a fault. */
  isReadable(text: string): boolean
}

/** What graders need from outside. An absent part makes the assertions that need it faults. */
export interface GradeParts {
  readonly regex: { test(pattern: string, flags: string, text: string): RegExpMatch | GradeFault }
  readonly schemas: {
    /** Undefined where the value is valid, else what is wrong with it. Rejects where a schema is none, or takes too long. */
    check(schema: JsonObject | boolean, value: Json): Promise<string | undefined>
  }
  /** One answer of each judge of the panel, in its words. */
  readonly judge?: (question: JudgeQuestion) => Promise<readonly ({ readonly text: string } | GradeFault)[]>
  /** Vectors of the texts, in their order. */
  readonly embed?: (
    texts: readonly string[],
    target?: string,
  ) => Promise<readonly (readonly number[])[] | GradeFault>
  /** Runs the user's own JavaScript; undefined where it has not been allowed. */
  readonly script?: (source: string, context: GradeContext, output: string) => Promise<unknown>
  /** Posts JSON to an address of the user's and gives the JSON of the reply. */
  readonly post?: (url: string, body: JsonObject) => Promise<Json | GradeFault>
}

/** The groups of a match, the whole match first; undefined where there is none. */
export interface RegExpMatch {
  readonly groups: readonly (string | undefined)[] | undefined
}

/** A verdict from a yes or no. */
export function decide(isRight: boolean, reason: string): Verdict {
  return { pass: isRight, score: isRight ? 1 : 0, reason }
}

/** At most this much of an output is quoted in a reason. */
export function excerpt(text: string, length = 120): string {
  return JSON.stringify(text.length > length ? `${text.slice(0, length)}...` : text)
}
