/** Turns what the schema rejects into findings that say what to write instead. */

import type { z } from 'zod'
import { asArray, asObject, asString, isObject, type JsonObject } from '../core/json.ts'
import { type Finding, type Path, quote } from './fault.ts'
import { configJsonSchema, describeSchemas, schemasAt } from './json-schema.ts'
import { nearest } from './nearest.ts'
import { configSchema, type Settings } from './schema.ts'

type Issue = z.core.$ZodIssue

/** Nobody reads a longer list for a slip of the hand. */
const maxToldValues = 40

/** Checks plain data against the schema. */
export function checkShape(value: unknown): { settings: Settings } | { findings: readonly Finding[] } {
  const sections = withoutEmptySections(value)
  const result = configSchema.safeParse(sections)
  if (result.success) return { settings: result.data }
  const schema = configJsonSchema()
  const issues = withoutPatterns(result.error.issues)
  return { findings: issues.flatMap((issue) => toFindings(issue, [], sections, schema)) }
}

/** Where a rule of ours says in words what to write, the pattern that it has as well says nothing more. */
function withoutPatterns(issues: readonly Issue[]): readonly Issue[] {
  const nameOf = ({ path }: Issue): string => JSON.stringify(path)
  const isPattern = (issue: Issue): boolean =>
    issue.code === 'invalid_union'
      ? bestOption(issue.errors).every(isPattern)
      : issue.code === 'invalid_format' && issue.path.length === 0
  const ruled = new Set(issues.filter(({ code }) => code === 'custom').map(nameOf))
  return issues.filter((issue) => !(ruled.has(nameOf(issue)) && isPattern({ ...issue, path: [] })))
}

/** A heading whose whole content is commented out (`routes:`) is the same as no heading. */
function withoutEmptySections(value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null))
}

/** What one issue of `root`, checked by the schema of that JSON Schema, says; `base` is the path of what was checked. */
export function toFindings(issue: Issue, base: Path, root: unknown, schema: JsonObject): Finding[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  const nodes = schemasAt(schema, path)
  const write = `Write ${describeSchemas(nodes)}.`
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], key, nodes))
    case 'invalid_union':
      return bestOption(issue.errors).flatMap((inner) => toFindings(inner, path, root, schema))
    case 'invalid_key':
      return issue.issues.flatMap((inner) => toFindings({ ...inner, path: [] }, path, root, schema))
    case 'invalid_type': {
      const found = valueAt(root, path)
      const message = found === undefined ? 'missing' : `wrong type: ${typeName(found)}`
      const mend = found === undefined ? `Add it: ${describeSchemas(nodes)}.` : write
      return [{ path, message, mend }]
    }
    case 'invalid_value': {
      const found = valueAt(root, path)
      const known = nodes.flatMap((node) => asArray(node['enum'])).map(String)
      const near = typeof found === 'string' ? nearest(found, known) : undefined
      const mend =
        near === undefined
          ? write
          : known.length > maxToldValues
            ? `The nearest is \`${near}\`, of ${known.length} values.`
            : `${write} The nearest is \`${near}\`.`
      return [{ path, message: 'not a known value', mend }]
    }
    case 'custom':
      return [{ path, message: issue.message, mend: asString(issue.params?.['mend']) ?? write }]
    case 'too_small':
    case 'too_big':
      return [{ path, message: 'out of range', mend: write }]
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
      return [{ path, message: issue.message, mend: write }]
  }
}

function unknownKey(path: Path, key: string, nodes: readonly JsonObject[]): Finding {
  const known = nodes.flatMap((node) => Object.keys(asObject(node['properties']) ?? {}))
  const near = nearest(key, known)
  return {
    path,
    message: `unknown key ${quote(key)}`,
    mend: `The nearest known key is \`${near}\`; known here: ${known.map((name) => `\`${name}\``).join(', ')}.`,
  }
}

/** Of a union, the option the writer seems to have meant: the one whose issues are not of the whole value. */
function bestOption(errors: readonly Issue[][]): readonly Issue[] {
  const inner = errors.find((issues) =>
    issues.some((issue) => issue.code !== 'invalid_type' || issue.path.length > 0),
  )
  return inner ?? errors[0] ?? []
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string | number, unknown>)[part]
  }
  return value
}

function typeName(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a section'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : typeof value
}
