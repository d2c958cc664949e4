/** Grades one reply by a list of assertions: weights, thresholds, negation, and faults kept apart from failures. */

import {
  type Assertion,
  type GradeContext,
  type GradeParts,
  isFault,
  type Outcome,
  type Verdict,
} from './assertion.ts'
import { rowOf } from './table.ts'
import { hierarchyVerdict } from './text.ts'
import { transformed } from './transform.ts'

/** What came of one assertion. */
export interface AssertionResult {
  readonly type: string
  readonly metric?: string
  readonly weight: number
  readonly pass: boolean
  readonly score: number
  readonly reason: string
  /** The grader could not tell. */
  readonly error?: string
}

export interface Grade {
  /** `error`: at least one assertion that counts could not be decided; pass and score then mean nothing. */
  readonly status: 'graded' | 'error'
  readonly pass: boolean
  readonly score: number
  readonly asserts: readonly AssertionResult[]
}

/** Grades a reply. Assertions with weight 0 are recorded and decide nothing. */
export async function gradeReply(
  assertions: readonly Assertion[],
  context: GradeContext,
  parts: GradeParts,
): Promise<readonly AssertionResult[]> {
  const results: AssertionResult[] = []
  for (const assertion of assertions) {
    // Looks at all repeats of the case, so the analysis decides it.
    if (assertion.type === 'self-consistency') continue
    const outcome = await gradeOne(assertion, context, parts)
    const { metric, weight } = assertion
    results.push({
      type: `${assertion.isNegated ? 'not-' : ''}${assertion.type}`,
      weight,
      ...(metric !== undefined && { metric }),
      ...(isFault(outcome)
        ? { pass: false, score: 0, reason: outcome.error, error: outcome.error }
        : { pass: outcome.pass, score: outcome.score, reason: outcome.reason }),
    })
  }
  return results
}

/** The grade of a case from the results of all its turns. `threshold`: the mean score that passes. */
export function sumUp(asserts: readonly AssertionResult[], threshold?: number): Grade {
  const counted = asserts.filter(({ weight }) => weight > 0)
  const isBroken = counted.some(({ error }) => error !== undefined)
  const total = counted.reduce((sum, { weight }) => sum + weight, 0)
  const score =
    total === 0 ? 1 : counted.reduce((sum, result) => sum + result.weight * result.score, 0) / total
  const pass = threshold === undefined ? counted.every((result) => result.pass) : score >= threshold
  return {
    status: isBroken ? 'error' : 'graded',
    pass: pass && !isBroken,
    score: isBroken ? 0 : score,
    asserts,
  }
}

async function gradeOne(assertion: Assertion, context: GradeContext, parts: GradeParts): Promise<Outcome> {
  try {
    const output = await transformed(context, assertion, parts)
    if (typeof output !== 'string') return output
    const seen = { ...context, reply: { ...context.reply, output } }
    const outcome = await gradePlain(assertion, seen, parts)
    return assertion.isNegated && !isFault(outcome) ? negate(outcome) : outcome
  } catch (error) {
    return { error: (error as Error).message }
  }
}

function negate({ pass, score, reason }: Verdict): Verdict {
  return { pass: !pass, score: 1 - score, reason: `not: ${reason}` }
}

async function gradePlain(assertion: Assertion, context: GradeContext, parts: GradeParts): Promise<Outcome> {
  switch (assertion.type) {
    case 'assert-set':
      return gradeSet(assertion, context, parts)
    case 'instruction-hierarchy':
      return gradeHierarchy(assertion, context, parts)
    case 'self-consistency':
      return { error: 'self-consistency is decided over the repeats of a case' }
    default:
      return rowOf(assertion.type)!.grade(context.reply, assertion, parts, context)
  }
}

async function gradeSet(
  { assert = [], threshold }: Assertion,
  context: GradeContext,
  parts: GradeParts,
): Promise<Outcome> {
  const grade = sumUp(await gradeReply(assert, context, parts), threshold)
  const broken = grade.asserts.find(({ error, weight }) => error !== undefined && weight > 0)
  if (broken) return { error: broken.error! }
  const failed = grade.asserts.filter(({ pass }) => !pass).map(({ type, reason }) => `${type}: ${reason}`)
  const reason = failed.length === 0 ? 'all of the set pass' : failed.join('; ')
  return { pass: grade.pass, score: grade.score, reason }
}

/** `assert` holds two: what to follow and what to ignore. */
async function gradeHierarchy(
  { assert = [] }: Assertion,
  context: GradeContext,
  parts: GradeParts,
): Promise<Outcome> {
  const [follow, ignore] = assert
  if (follow === undefined || ignore === undefined) return { error: '`follow` and `ignore` are needed' }
  return hierarchyVerdict(await gradeOne(follow, context, parts), await gradeOne(ignore, context, parts))
}
