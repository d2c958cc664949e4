/** Which keywords of JSON Schema hold schemas, and how: what every walk over a schema has to know. */

import { isObject, type Json, type JsonObject } from '../core/json.ts'

const single: ReadonlySet<string> = new Set(
  (
    'items additionalProperties additionalItems contains propertyNames not if then else ' +
    'unevaluatedItems unevaluatedProperties contentSchema'
  ).split(' '),
)
const lists: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'])
const maps: ReadonlySet<string> = new Set(
  'properties patternProperties $defs definitions dependentSchemas dependencies'.split(' '),
)

/** Keywords whose schemas hold for the same value as the schema that they stand in. */
const inPlace: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'])

export interface Subschema {
  /** From the schema that it stands in: `/properties/name`. */
  readonly pointer: string
  readonly keyword: string
  readonly value: Json
}

/** The schemas that stand directly in a schema. Booleans are schemas too. */
export function subschemasOf(schema: JsonObject): Subschema[] {
  const found: Subschema[] = []
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined) continue
    if (maps.has(keyword) && isObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        // `dependencies` may hold lists of names.
        if (member === undefined || Array.isArray(member)) continue
        found.push({ pointer: `/${keyword}/${escapePointer(name)}`, keyword, value: member })
      }
    } else if (lists.has(keyword) && Array.isArray(value)) {
      const members = value as readonly Json[]
      members.forEach((member, at) => found.push({ pointer: `/${keyword}/${at}`, keyword, value: member }))
    } else if (single.has(keyword)) found.push({ pointer: `/${keyword}`, keyword, value })
  }
  return found
}

/** Does this keyword's schema describe the value itself rather than a part of it? */
export function isInPlace(keyword: string): boolean {
  return inPlace.has(keyword)
}

export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** What a local reference (`#`, `#/$defs/Node`) names; undefined where it leads nowhere. */
export function resolvePointer(root: Json, reference: string): Json | undefined {
  let at: Json | undefined = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = unescapePointer(step)
    if (Array.isArray(at)) at = /^\d+$/.test(name) ? (at as readonly Json[])[Number(name)] : undefined
    else at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
    if (at === undefined) return undefined
  }
  return at
}

function unescapePointer(step: string): string {
  let name = step
  try {
    name = decodeURIComponent(step)
  } catch {
    // not percent-encoded after all
  }
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
