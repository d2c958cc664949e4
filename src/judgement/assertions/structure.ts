/** Assertions on JSON in the output and on tool calls. */

import { isDeepStrictEqual } from 'node:util'
import { asArray, asObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { canonicalJson } from '../suite/case-id.ts'
import {
  type Assertion,
  decide,
  type DeclaredTool,
  excerpt,
  type GradeParts,
  type Outcome,
  type Reply,
  type ToolCall,
} from './assertion.ts'
import { textOf } from './text.ts'

/** The schema of an assertion: an object, or JSON text of one. */
export function schemaOf(value: Json | undefined): JsonObject | boolean | undefined {
  const schema = typeof value === 'string' ? parseJson(value) : value
  return typeof schema === 'boolean' ? schema : asObject(schema)
}

export async function gradeIsJson(
  { output }: Reply,
  { value }: Assertion,
  { schemas }: GradeParts,
): Promise<Outcome> {
  const parsed = parseJson(output)
  if (parsed === undefined) return decide(false, `not JSON: ${excerpt(output, 60)}`)
  const schema = schemaOf(value)
  const fault = schema === undefined ? undefined : await schemas.check(schema, parsed)
  return decide(fault === undefined, fault ?? 'valid JSON')
}

export async function gradeContainsJson(
  { output }: Reply,
  { value }: Assertion,
  { schemas }: GradeParts,
): Promise<Outcome> {
  const schema = schemaOf(value)
  let lastFault = 'there is no JSON object or list in the output'
  for (const candidate of jsonIn(output)) {
    const fault = schema === undefined ? undefined : await schemas.check(schema, candidate)
    if (fault === undefined) return decide(true, 'found')
    lastFault = fault
  }
  return decide(false, lastFault)
}

/** Every balanced `{...}` or `[...]` of the text that parses, outermost first; bounded for texts of brackets. */
export function* jsonIn(text: string): Generator<Json> {
  let tries = 0
  for (let at = 0; at < text.length && tries < 200; at++) {
    if (text[at] !== '{' && text[at] !== '[') continue
    tries++
    const end = balancedEnd(text, at)
    const value = end === undefined ? undefined : parseJson(text.slice(at, end))
    if (value === undefined) continue
    yield value
    at = end! - 1
  }
}

function balancedEnd(text: string, start: number): number | undefined {
  let depth = 0
  let isQuoted = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (isQuoted) {
      if (character === '\\') at++
      else if (character === '"') isQuoted = false
    } else if (character === '"') isQuoted = true
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
  return undefined
}

/** The member a JSON pointer (RFC 6901) names; undefined where there is none. */
export function atPointer(value: Json | undefined, pointer: string): Json | undefined {
  let found = value
  if (pointer === '') return found
  for (const part of pointer.replace(/^\//, '').split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(found)) found = /^\d+$/.test(key) ? (found[Number(key)] as Json | undefined) : undefined
    else {
      const owner = asObject(found)
      found = owner && Object.hasOwn(owner, key) ? owner[key] : undefined
    }
  }
  return found
}

type Comparison = (found: Json | undefined, wanted: Json | undefined) => boolean

/** `matches` is missing: it needs the bounded regular expressions. */
const comparisons: Readonly<Record<string, Comparison>> = {
  eq: (found, wanted) => isDeepStrictEqual(found, wanted),
  ne: (found, wanted) => !isDeepStrictEqual(found, wanted),
  lt: (found, wanted) => found !== undefined && wanted !== undefined && found! < wanted!,
  le: (found, wanted) => found !== undefined && wanted !== undefined && found! <= wanted!,
  gt: (found, wanted) => found !== undefined && wanted !== undefined && found! > wanted!,
  ge: (found, wanted) => found !== undefined && wanted !== undefined && found! >= wanted!,
  in: (found, wanted) => asArray(wanted).some((item) => isDeepStrictEqual(item, found)),
  exists: (found, wanted) => (found !== undefined) === (wanted ?? true),
}

export const comparisonNames = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in', 'matches', 'exists'] as const

export function gradeJsonField({ output }: Reply, { value }: Assertion, { regex }: GradeParts): Outcome {
  const { path, op, value: wanted } = value as { path: string; op: string; value?: Json }
  const parsed = parseJson(output)
  if (parsed === undefined) return decide(false, `not JSON: ${excerpt(output, 60)}`)
  const found = atPointer(parsed, path)
  const reason = `${path} is ${found === undefined ? 'missing' : excerpt(JSON.stringify(found), 60)}`
  if (op !== 'matches') return decide(comparisons[op]!(found, wanted), reason)
  const match = regex.test(textOf(wanted), '', textOf(found))
  return 'error' in match ? match : decide(found !== undefined && match.groups !== undefined, reason)
}

export async function gradeToolsCall(
  { toolCalls }: Reply,
  tools: readonly DeclaredTool[],
  { schemas }: GradeParts,
): Promise<Outcome> {
  if (toolCalls.length === 0) return decide(false, 'no tool was called')
  for (const call of toolCalls) {
    const tool = tools.find(({ name }) => name === call.name)
    if (tool === undefined) return decide(false, `${call.name} is no tool that was offered`)
    const parsed = parseJson(call.arguments)
    if (parsed === undefined || asObject(parsed) === undefined)
      return decide(false, `the arguments of ${call.name} are no JSON object`)
    const fault = tool.schema && (await schemas.check(tool.schema, parsed))
    if (fault !== undefined) return decide(false, `${call.name}: ${fault}`)
  }
  return decide(true, `valid: ${toolCalls.map(({ name }) => name).join(', ')}`)
}

/** The calls an assertion expects: names, or objects of a name and its arguments. */
function expectedCalls(value: Json | undefined): { name: string; args: Json }[] {
  const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : asArray(value)
  return list.map((item) =>
    typeof item === 'string'
      ? { name: item, args: {} }
      : { name: textOf(asObject(item)?.['name']), args: asObject(item)?.['args'] ?? {} },
  )
}

/** F1 of the sets of names called and expected; with `config.mode: args`, of the multisets of calls. */
export function gradeToolF1({ toolCalls }: Reply, { value, threshold = 1, config }: Assertion): Outcome {
  const isByArgs = config?.['mode'] === 'args'
  const expected = expectedCalls(value).map(({ name, args }) => (isByArgs ? callKey(name, args) : name))
  const called = toolCalls.map((call) =>
    isByArgs ? callKey(call.name, parseJson(call.arguments) ?? call.arguments) : call.name,
  )
  const [wanted, made] = isByArgs ? [expected, called] : [[...new Set(expected)], [...new Set(called)]]
  const rest = [...made]
  const hits = wanted.filter((key) => {
    const at = rest.indexOf(key)
    if (at >= 0) rest.splice(at, 1)
    return at >= 0
  }).length
  const score = wanted.length + made.length === 0 ? 1 : (2 * hits) / (wanted.length + made.length)
  return {
    pass: score >= threshold,
    score,
    reason: `called ${made.join(', ') || 'nothing'}; expected ${wanted.join(', ') || 'nothing'}`,
  }
}

function callKey(name: string, args: Json): string {
  return `${name}${canonicalJson(args)}`
}

/** The order of the tools called over the whole conversation: exactly, as a subsequence, or in any order. */
export function gradeTrajectory(replies: readonly Reply[], { value, config }: Assertion): Outcome {
  const calls: readonly ToolCall[] = replies.flatMap((reply) => reply.toolCalls)
  const made = calls.map(({ name }) => name)
  const wanted = expectedCalls(value).map(({ name }) => name)
  const reason = `called ${made.join(' -> ') || 'nothing'}; expected ${wanted.join(' -> ')}`
  const mode = textOf(config?.['mode'] ?? 'in-order')
  if (mode === 'exact') return decide(isDeepStrictEqual(made, wanted), reason)
  if (mode === 'any-order') return decide(isDeepStrictEqual(made.toSorted(), wanted.toSorted()), reason)
  let next = 0
  for (const name of made) if (name === wanted[next]) next++
  return { pass: next === wanted.length, score: wanted.length === 0 ? 1 : next / wanted.length, reason }
}
