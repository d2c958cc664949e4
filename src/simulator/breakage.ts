/** The ways in which models break the JSON that they were asked for: each by name, as one change of a good answer. */

import { asArray, asObject, isObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { billOf, type SimAnswer, type SimBlock, slices, textOf } from './answer.ts'
import type { Prompt } from './prompt.ts'

/** A good answer, as text and as a value. */
interface Good {
  readonly text: string
  readonly value: Json
  readonly schema: JsonObject
}

/** Undefined: the schema leaves no room to break it so. */
type Breakage = (good: Good) => string | undefined

/** Twelve, in the order in which `any` takes them in turn. */
const ways = {
  fence: ({ text }) => `\`\`\`json\n${text}\n\`\`\``,
  comma: ({ text }) => (/["\w\]}][}\]]$/.test(text) ? `${text.slice(0, -1)},${text.slice(-1)}` : undefined),
  prose: ({ text }) =>
    `Sure! Here is what you asked for:\n\n${text}\n\nLet me know if you need anything else.`,
  quotes: ({ text }) => (text.includes("'") ? undefined : text.replaceAll('"', "'")),
  truncated: ({ text }) => text.slice(0, Math.ceil(text.length * 0.7)),
  type: ({ value, schema }) => replaced(value, schema, otherType),
  required: ({ value, schema }) => {
    const name = asArray(schema['required']).find((each) => typeof each === 'string')
    if (!isObject(value) || name === undefined) return undefined
    const { [name]: _left, ...rest } = value
    return JSON.stringify(rest)
  },
  extra: ({ value }) =>
    isObject(value) ? JSON.stringify({ ...value, confidence_note: 'I am fairly sure.' }) : undefined,
  enum: ({ value, schema }) =>
    replaced(value, schema, (_old, property) => (property['enum'] ? 'none of these' : undefined)),
  nesting: ({ text }) => `{"result": ${text}}`,
  empty: () => '',
  refusal: () => "I'm sorry, but I can't help with that request.",
} as const satisfies Record<string, Breakage>

export type BreakageName = keyof typeof ways

export const breakageNames = Object.keys(ways) as readonly BreakageName[]

/**
 * The answer broken in this way, or, where its schema has no place for it, in the next that has one. `any` goes
 * through all of them by the number of the call. Undefined: there is no such way.
 */
export function broken(answer: SimAnswer, name: string, prompt: Prompt, n: number): SimAnswer | undefined {
  const first = name === 'any' ? n % breakageNames.length : breakageNames.indexOf(name as BreakageName)
  if (first < 0) return undefined
  const at = answer.blocks.findIndex(({ kind }) => kind === 'text' || kind === 'tool')
  const block = answer.blocks[at]
  if (block === undefined) return answer
  const good = goodOf(block, prompt)
  for (let step = 0; step < breakageNames.length; step++) {
    const way = breakageNames[(first + step) % breakageNames.length]!
    const text = ways[way](good)
    if (text === undefined) continue
    return withText(answer, at, text, way)
  }
  return answer
}

function goodOf(block: SimBlock, prompt: Prompt): Good {
  const text = textOf(block)
  const tool = block.kind === 'tool' ? prompt.tools.find((each) => each.name === block.name) : undefined
  return {
    text,
    value: parseJson(text) ?? null,
    schema: (tool ? tool.schema : prompt.format?.schema) ?? {},
  }
}

function withText(answer: SimAnswer, at: number, text: string, way: BreakageName): SimAnswer {
  const block = answer.blocks[at]!
  // A model that declines or says nothing calls no tool either.
  const isSilent = way === 'empty' || way === 'refusal'
  const kind = block.kind === 'tool' && isSilent ? 'text' : block.kind
  const pieces = slices(text, 12)
  const changed = (kind === block.kind ? { ...block, pieces } : { kind, pieces }) as SimBlock
  const blocks = text === '' ? answer.blocks.toSpliced(at, 1) : answer.blocks.toSpliced(at, 1, changed)
  const finish = way === 'truncated' ? 'length' : isSilent ? 'stop' : answer.finish
  return { blocks, finish, usage: billOf(answer.usage.inputTokens, blocks) }
}

/** The first member, anywhere, for which `change` has another value. */
function replaced(value: Json, schema: JsonObject, change: Change): string | undefined {
  const found = replaceIn(value, schema, { root: schema, change }, 0)
  return found === undefined ? undefined : JSON.stringify(found)
}

type Change = (value: Json, schema: JsonObject) => Json | undefined

interface Replacement {
  readonly root: JsonObject
  readonly change: Change
}

function replaceIn(
  value: Json,
  given: JsonObject,
  replacement: Replacement,
  depth: number,
): Json | undefined {
  const { root, change } = replacement
  const schema = pointed(given, root)
  if (depth > 8) return undefined
  if (isObject(value)) {
    const properties = asObject(schema['properties']) ?? {}
    for (const [name, member] of Object.entries(value)) {
      const property = asObject(properties[name])
      if (property === undefined || member === undefined) continue
      const other =
        change(member, pointed(property, root)) ?? replaceIn(member, property, replacement, depth + 1)
      if (other !== undefined) return { ...value, [name]: other }
    }
  }
  if (Array.isArray(value)) {
    const items = asObject(schema['items'])
    const [first] = value as readonly Json[]
    if (items === undefined || first === undefined) return undefined
    const other = change(first, pointed(items, root)) ?? replaceIn(first, items, replacement, depth + 1)
    if (other !== undefined) return [other, ...(value as readonly Json[]).slice(1)]
  }
  return undefined
}

function pointed(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = schema['$ref']
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return schema
  let at: Json | undefined = root
  for (const step of reference.slice(2).split('/')) at = asObject(at)?.[step.replaceAll('~1', '/')]
  return asObject(at) ?? schema
}

/** A value that no reading makes one of the wanted type: only where the schema names the type. */
function otherType(value: Json, { type }: JsonObject): Json | undefined {
  switch (type) {
    case 'string':
      return { value }
    case 'integer':
    case 'number':
      return 'a few'
    case 'boolean':
      return 'maybe'
    case 'array':
    case 'object':
      return 'see above'
    default:
      return undefined
  }
}
