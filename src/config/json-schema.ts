/** The configuration's JSON Schema and its reference table, both made from the one schema. */

import { z } from 'zod'
import { asArray, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import type { Path } from './fault.ts'
import { configSchema } from './schema.ts'

/** What may stand in the file, before defaults and secrets are filled in. */
export function configJsonSchema(): JsonObject {
  return z.toJSONSchema(configSchema, { io: 'input', reused: 'inline' }) as JsonObject
}

/** The text of `docs/weir.schema.json`. */
export function renderConfigSchema(): string {
  return `${JSON.stringify({ title: 'weir.yaml', ...configJsonSchema() }, null, 2)}\n`
}

/** The text of `docs/config.md`. */
export function renderConfigReference(): string {
  const rows = referenceRows('', configJsonSchema(), false)
  return [
    '# Configuration: `weir.yaml`',
    '',
    'Editors can check the file against `docs/weir.schema.json`. `*` stands for a name of your own, `[]` for',
    'each entry of a list. A setting may be left out unless it is marked as required. The file is read again when it',
    'changes and on SIGHUP; what is invalid is refused, and the old configuration stays.',
    '',
    '| Setting | Type | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function referenceRows(path: string, node: JsonObject, isRequired: boolean): string[] {
  const properties = asObject(node['properties'])
  const entry = asObject(node['additionalProperties'])
  const items = asObject(node['items'])
  const rows: string[] = []
  if (path !== '') {
    const isSection = properties !== undefined
    const fallback = isRequired ? 'required' : isSection ? '' : defaultText(node['default'])
    const meaning = asString(node['description']) ?? ''
    const cells = [`\`${path}\``, shortType(node), fallback, meaning]
    rows.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
  }
  const required = new Set(asArray(node['required']))
  for (const [key, member] of Object.entries(properties ?? {})) {
    const child = asObject(member)
    if (child) rows.push(...referenceRows(path === '' ? key : `${path}.${key}`, child, required.has(key)))
  }
  if (entry?.['properties']) rows.push(...memberRows(`${path}.*`, entry))
  for (const option of items ? options(items) : []) {
    if (option['properties']) rows.push(...memberRows(`${path}[]`, option))
  }
  return rows
}

/** The rows of what stands inside a named or listed entry; the entry itself has no setting of its own. */
function memberRows(path: string, entry: JsonObject): string[] {
  return referenceRows(path, entry, false).slice(1)
}

function defaultText(value: Json | undefined): string {
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``
}

function enumText(value: Json): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function shortType(node: JsonObject): string {
  const values = asArray(node['enum'])
  if (values.length > 0) return values.map(enumText).join(', ')
  return asString(node['type']) ?? options(node).map(shortType).join(' or ')
}

function options(node: JsonObject): readonly JsonObject[] {
  const alternatives = asArray(node['anyOf']).filter((option) => asObject(option) !== undefined)
  return alternatives.length > 0 ? (alternatives as readonly JsonObject[]) : [node]
}

/** Every schema that may describe the value at `path`; none where the path leaves the known settings. */
export function schemasAt(root: JsonObject, path: Path): readonly JsonObject[] {
  const optionsOf = (node: JsonObject): readonly JsonObject[] =>
    options(resolved(node, root)).map((option) => resolved(option, root))
  let nodes = optionsOf(root)
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      const child =
        typeof part === 'number'
          ? asObject(node['items'])
          : (asObject(ownMember(asObject(node['properties']), part)) ??
            asObject(node['additionalProperties']))
      return child ? optionsOf(child) : []
    })
  }
  return nodes
}

/** What a `$ref` within the schema stands for. */
function resolved(node: JsonObject, root: JsonObject): JsonObject {
  const ref = asString(node['$ref'])
  if (ref === undefined) return node
  let target: JsonObject | undefined = root
  for (const name of ref.replace(/^#\/?/, '').split('/')) {
    if (name !== '') target = asObject(ownMember(target, name))
  }
  return target ?? node
}

function ownMember(object: JsonObject | undefined, key: string): Json | undefined {
  return object && Object.hasOwn(object, key) ? object[key] : undefined
}

/** What a schema allows, in words: `a whole number from 0 to 65535`. */
export function describeSchemas(nodes: readonly JsonObject[]): string {
  return nodes.map(describeSchema).join(' or ')
}

function describeSchema(node: JsonObject): string {
  const values = asArray(node['enum'])
  if (values.length > 0) return `one of ${values.map(enumText).join(', ')}`
  switch (asString(node['type'])) {
    case 'integer':
      return `a whole number${range(node)}`
    case 'number':
      return `a number${range(node)}`
    case 'boolean':
      return '`true` or `false`'
    case 'string':
      return 'a text that is not empty'
    case 'array':
      return `a list${entryCount(node)}`
    default:
      return node['properties'] ? 'a section with keys of its own' : 'a section of names'
  }
}

interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

function range(node: JsonObject): string {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = node as Bounds
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  if (above !== undefined) {
    const end = below !== undefined ? ` and below ${below}` : isBounded ? ` and up to ${maximum}` : ''
    return ` above ${above}${end}`
  }
  if (minimum === undefined) return isBounded ? ` up to ${maximum}` : ''
  return isBounded ? ` from ${minimum} to ${maximum}` : ` of ${minimum} or more`
}

function entryCount(node: JsonObject): string {
  const { minItems, maxItems } = node as { minItems?: number; maxItems?: number }
  return minItems === undefined || maxItems === undefined ? '' : ` of ${minItems} to ${maxItems} entries`
}
