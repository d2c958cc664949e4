/** The one table of assertions: what each takes as its value, and how it grades. */

import { z } from 'zod'
import { gradeRefusal } from '../refusal-assertion.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { asNumber, asObject, asString } from '../../core/json.ts'
import type { Assertion, GradeContext, GradeParts, Outcome, Reply } from './assertion.ts'
import { decide } from './assertion.ts'
import { formatKinds, gradeFormat } from './format-constraint.ts'
import {
  gradeClassification,
  gradeClosedQa,
  gradeConversationRelevance,
  gradeFactuality,
  gradeRubric,
  gradeSimilar,
} from './judged.ts'
import {
  gradeCost,
  gradeFinishReason,
  gradeFirstToken,
  gradeLatency,
  gradePerplexity,
  gradePerplexityScore,
} from './measured.ts'
import { patternFault } from './regex.ts'
import {
  comparisonNames,
  gradeContainsJson,
  gradeIsJson,
  gradeJsonField,
  gradeToolF1,
  gradeToolsCall,
  gradeTrajectory,
} from './structure.ts'
import {
  gradeContains,
  gradeContainsMany,
  gradeCount,
  gradeEquals,
  gradeLength,
  gradeLevenshtein,
  gradeNeedle,
  gradeNoContradiction,
  gradeNumeric,
  gradeRegex,
  gradeStartsWith,
  textOf,
  wordCount,
} from './text.ts'
import { writtenLanguage } from './written-language.ts'

type Grade = (
  reply: Reply,
  assertion: Assertion,
  parts: GradeParts,
  context: GradeContext,
) => Outcome | Promise<Outcome>

interface Row {
  readonly means: string
  /** What `value` may be; absent where there is none. */
  readonly value?: z.ZodType
  readonly needsThreshold?: true
  /** The value is a JSON Schema, and is compiled before anything is asked. */
  readonly isSchema?: true
  /** What is wrong with a value of the right shape. */
  readonly fault?: (value: Json | undefined, config: JsonObject | undefined) => string | undefined
  readonly grade: Grade
}

const anything = z.json()
const text = z.union([z.string(), z.number(), z.boolean()])
const words = z.string().min(1)
const list = z.union([words, z.array(z.union([words, z.number(), z.boolean()])).min(1)])
const schema = z.union([z.record(z.string(), z.json()), z.boolean(), z.string()]).optional()
const count = z.union([
  z.int().min(0),
  z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() }),
])
const calls = z.union([
  words,
  z
    .array(z.union([words, z.strictObject({ name: words, args: z.record(z.string(), z.json()).optional() })]))
    .describe('An empty list: none may be called.'),
])

function patternFaultOf(value: Json | undefined, config: JsonObject | undefined): string | undefined {
  const fault = patternFault(textOf(value), textOf(config?.['flags']))
  return fault && `not a valid pattern: ${fault}`
}

const contains = (isFolded: boolean): Row => ({
  means: `the output contains \`value\`${isFolded ? ', upper or lower case' : ''}`,
  value: z.union([words, z.number(), z.boolean()]),
  grade: (reply, assertion) => gradeContains(reply, assertion, isFolded),
})

const containsMany = (isFolded: boolean, needsAll: boolean): Row => ({
  means: `the output contains ${needsAll ? 'every' : 'at least one'} value of the list${isFolded ? ', upper or lower case' : ''}`,
  value: list,
  grade: (reply, assertion) => gradeContainsMany(reply, assertion, { isFolded, needsAll }),
})

export const assertionTable = {
  equals: { means: 'the output is exactly `value`', value: anything, grade: gradeEquals },
  contains: contains(false),
  icontains: contains(true),
  'contains-any': containsMany(false, false),
  'contains-all': containsMany(false, true),
  'icontains-any': containsMany(true, false),
  'icontains-all': containsMany(true, true),
  'starts-with': { means: 'the output begins with `value`', value: words, grade: gradeStartsWith },
  regex: {
    means: 'the pattern is found; `config.flags`',
    value: words,
    fault: patternFaultOf,
    grade: (reply, assertion, parts) => gradeRegex(reply, assertion, parts),
  },
  levenshtein: { means: 'at most `threshold` (5) edits from `value`', value: text, grade: gradeLevenshtein },
  'word-count': {
    means: 'so many words, or `{min, max}`',
    value: count,
    grade: ({ output }, { value }) => gradeCount(wordCount(output), value, 'words'),
  },
  length: {
    means: 'so long, or `{min, max}`; `config.unit`: characters, words or tokens',
    value: count,
    grade: gradeLength,
  },
  numeric: {
    means: 'the last number of the output is `value`, within `config.tolerance` or `config.relative`',
    value: z.union([z.number(), words]),
    grade: gradeNumeric,
  },
  'is-json': {
    means: 'the whole output is JSON, valid for the schema in `value`',
    value: schema,
    isSchema: true,
    grade: (reply, assertion, parts) => gradeIsJson(reply, assertion, parts),
  },
  'contains-json': {
    means: 'the output contains JSON, valid for the schema in `value`',
    value: schema,
    isSchema: true,
    grade: (reply, assertion, parts) => gradeContainsJson(reply, assertion, parts),
  },
  'json-field': {
    means: 'a member of the JSON output: `{path, op, value}`',
    value: z.strictObject({
      path: z.string().regex(/^(?:\/|$)/, 'a JSON pointer begins with `/`'),
      op: z.enum(comparisonNames),
      value: z.json().optional(),
    }),
    fault: (value) =>
      asObject(value)?.['op'] === 'matches'
        ? patternFaultOf(asObject(value)?.['value'], undefined)
        : undefined,
    grade: (reply, assertion, parts) => gradeJsonField(reply, assertion, parts),
  },
  'is-valid-openai-tools-call': {
    means: 'at least one call of an offered tool, every one valid for its schema',
    grade: (reply, _, parts, { tools }) => gradeToolsCall(reply, tools, parts),
  },
  'tool-call-f1': {
    means: 'F1 of the tools called against those in `value`; `config.mode: args` compares arguments too',
    value: calls,
    grade: gradeToolF1,
  },
  trajectory: {
    means: 'the tools called over the conversation, in order; `config.mode`: in-order, exact, any-order',
    value: calls,
    grade: (_, assertion, __, { replies }) => gradeTrajectory(replies, assertion),
  },
  'finish-reason': { means: 'why the answer ended', value: words, grade: gradeFinishReason },
  'is-refusal': { means: 'the answer refuses, wholly or in part', grade: gradeRefusal },
  latency: { means: 'at most `threshold` ms in all', needsThreshold: true, grade: gradeLatency },
  ttft: { means: 'at most `threshold` ms to the first token', needsThreshold: true, grade: gradeFirstToken },
  cost: { means: 'at most `threshold` USD', needsThreshold: true, grade: gradeCost },
  perplexity: {
    means: 'at most `threshold`, from the log-probabilities',
    needsThreshold: true,
    grade: gradePerplexity,
  },
  'perplexity-score': { means: '1/(1 + perplexity) at least `threshold` (0.5)', grade: gradePerplexityScore },
  similar: {
    means: 'cosine to `value` (or any of a list) at least `threshold` (0.75), by embeddings',
    value: list,
    grade: (_, assertion, parts, context) => gradeSimilar(context, assertion, parts),
  },
  'similar:cosine': {
    means: 'the same as `similar`',
    value: list,
    grade: (_, assertion, parts, context) => gradeSimilar(context, assertion, parts),
  },
  'llm-rubric': {
    means: 'a judge model finds that the rubric in `value` is met',
    value: words,
    grade: (_, assertion, parts, context) => gradeRubric(context, assertion, parts),
  },
  factuality: {
    means: 'a judge model finds no conflict with the expert answer in `value`',
    value: words,
    grade: (_, assertion, parts, context) => gradeFactuality(context, assertion, parts),
  },
  'model-graded-closedqa': {
    means: 'a judge model finds that the criterion in `value` is met',
    value: words,
    grade: (_, assertion, parts, context) => gradeClosedQa(context, assertion, parts),
  },
  classification: {
    means: 'a judge model puts the output into the class `{labels, equals}`',
    value: z.strictObject({
      labels: z.array(words).min(2),
      equals: z.union([words, z.array(words).min(1)]),
    }),
    grade: (_, assertion, parts, context) => gradeClassification(context, assertion, parts),
  },
  'conversation-relevance': {
    means:
      'the share of `config.windowSize` (5) windows whose reply a judge finds relevant, at least `threshold` (0.5)',
    grade: (_, assertion, parts, context) => gradeConversationRelevance(context, assertion, parts),
  },
  javascript: {
    means:
      'your own code, as an expression, the body of a function, or `file://grader.js`; wants `--allow-js`',
    value: words,
    grade: gradeScript,
  },
  webhook: {
    means: 'your own service: POST {output, context}, answers {pass, score, reason}',
    value: z.url({ protocol: /^https?$/ }),
    grade: gradeWebhook,
  },
  'format-constraint': {
    means: 'one of the 25 kinds of IFEval: `{kind, args, mode}`, mode strict or loose',
    value: z.strictObject({
      kind: z.enum(Object.keys(formatKinds) as [string, ...string[]]),
      args: z.record(z.string(), z.json()).optional(),
      mode: z.enum(['strict', 'loose']).optional(),
    }),
    fault(value) {
      const { kind, args = {} } = value as { kind: string; args?: JsonObject }
      const missing = formatKinds[kind]?.needs.filter((name) => args[name] === undefined) ?? []
      return missing.length === 0 ? undefined : `${kind} needs args: ${missing.join(', ')}`
    },
    grade: ({ output }, { value }) => gradeFormat(output, value, writtenLanguage),
  },
  language: {
    means: 'the output is in this language (ISO 639-1, such as `de`)',
    value: z.string().regex(/^[a-z]{2}$/),
    grade: ({ output }, { value }) => gradeLanguage(output, value),
  },
  needle: {
    means: 'all of `expect` stand in the output as whole words, and none of `forbid`',
    value: z.strictObject({ expect: z.array(text), forbid: z.array(text).optional() }),
    grade: gradeNeedle,
  },
  'no-contradiction': {
    means: 'what `pattern` finds here agrees with `equals`, or with what it found in turn `same_as_turn`',
    value: z.strictObject({
      pattern: words,
      flags: z.string().optional(),
      equals: text.optional(),
      same_as_turn: z.int().min(1).optional(),
    }),
    fault: (value) => patternFaultOf(asObject(value)?.['pattern'], asObject(value)),
    grade: (_, assertion, parts, { replies }) => gradeNoContradiction(replies, assertion, parts),
  },
} satisfies Record<string, Row>

/** Assertions that hold others, or look at all repeats: `grade.ts` and the analysis know them by name. */
export const structuralTypes = ['assert-set', 'instruction-hierarchy', 'self-consistency'] as const

export const assertionTypes: readonly string[] = [...Object.keys(assertionTable), ...structuralTypes]

export function rowOf(type: string): Row | undefined {
  return Object.hasOwn(assertionTable, type) ? assertionTable[type as keyof typeof assertionTable] : undefined
}

function gradeLanguage(output: string, value: Json | undefined): Outcome {
  const found = writtenLanguage(output)
  if (found === undefined) return { error: 'the language of the output cannot be told' }
  return decide(found === value, `written in ${found}`)
}

async function gradeScript(
  { output }: Reply,
  { value, threshold }: Assertion,
  { script }: GradeParts,
  context: GradeContext,
): Promise<Outcome> {
  if (script === undefined) return { error: 'JavaScript runs only with `--allow-js`' }
  try {
    return verdictOf(await script(textOf(value), context, output), threshold)
  } catch (error) {
    return { error: `the script failed: ${(error as Error).message}` }
  }
}

/** What a script or a webhook may say: a truth value, a score, or an object of both. */
function verdictOf(result: unknown, threshold: number | undefined): Outcome {
  if (typeof result === 'boolean') return decide(result, `it says ${result}`)
  const asScore = (score: number, reason: string): Outcome =>
    Number.isFinite(score)
      ? {
          pass: threshold === undefined ? score > 0 : score >= threshold,
          score: Math.min(1, Math.max(0, score)),
          reason,
        }
      : { error: 'it gave no finite number' }
  if (typeof result === 'number') return asScore(result, `it says ${result}`)
  const object = asObject(result)
  const pass = object?.['pass']
  const score = asNumber(object?.['score'])
  const reason = asString(object?.['reason']) ?? ''
  if (typeof pass === 'boolean') {
    const limited = Math.min(1, Math.max(0, score ?? (pass ? 1 : 0)))
    return { pass: pass && (threshold === undefined || limited >= threshold), score: limited, reason }
  }
  return score === undefined
    ? { error: 'it gave neither a truth value, a number nor {pass}' }
    : asScore(score, reason)
}

async function gradeWebhook(
  { output }: Reply,
  { value, threshold }: Assertion,
  { post }: GradeParts,
  { prompt, vars }: GradeContext,
): Promise<Outcome> {
  if (post === undefined) return { error: 'webhooks are not available here' }
  const answer = await post(textOf(value), {
    output,
    context: { prompt, vars: vars as JsonObject } as JsonObject,
  })
  const fault = asObject(answer)?.['error']
  if (typeof fault === 'string' && asObject(answer)?.['pass'] === undefined)
    return { error: `webhook: ${fault}` }
  return verdictOf(answer, threshold)
}
