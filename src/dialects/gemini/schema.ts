/** Google's `Schema` (OpenAPI 3.0 with upper-case types) as JSON Schema. */

import { asArray, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'
import { camelKeys } from './wire.ts'

const maxDepth = 64

type Convert = (
  value: Json,
  below: (value: Json | undefined) => JsonObject,
) => readonly [string, Json] | undefined

const leftOut: Convert = () => undefined
const counted =
  (name: string): Convert =>
  (value) => [name, typeof value === 'string' ? Number(value) : value]

/** The members that JSON Schema writes differently; all others are the same. */
const converters = new Map<string, Convert>([
  ['type', leftOut], // written by withType, together with `nullable`
  ['nullable', leftOut],
  ['propertyOrdering', leftOut],
  ['properties', (value, below) => ['properties', mapValues(value, below)]],
  ['defs', (value, below) => ['$defs', mapValues(value, below)]],
  ['ref', (value) => ['$ref', typeof value === 'string' ? value.replace(/^#\/defs\//, '#/$defs/') : value]],
  ['items', (value, below) => ['items', below(value)]],
  ['anyOf', (value, below) => ['anyOf', asArray(value).map(below)]],
  [
    'additionalProperties',
    (value, below) => ['additionalProperties', asObject(value) ? below(value) : value],
  ],
  ['example', (value) => ['examples', [value]]],
  ...['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'].map(
    (name) => [name, counted(name)] as const,
  ),
])

/**
 * The JSON Schema that says the same. `propertyOrdering` has no counterpart and is left out; counts, which
 * Google writes as strings (int64), become numbers. Below 64 levels anything is allowed.
 */
export function jsonSchemaOf(schema: JsonObject, depth = 0): JsonObject {
  if (depth > maxDepth) return {}
  const below = (value: Json | undefined) => jsonSchemaOf(asObject(value) ?? {}, depth + 1)
  const source = camelKeys(schema)
  const result: Record<string, Json> = {}
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined) continue
    const convert = converters.get(key)
    const entry = convert ? convert(value, below) : ([key, value] as const)
    if (entry) result[entry[0]] = entry[1]
  }
  return withType(source, result)
}

function mapValues(value: Json, map: (value: Json | undefined) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).map(([name, member]) => [name, map(member)]),
  )
}

function withType(source: JsonObject, rest: Record<string, Json>): JsonObject {
  const type = asString(source['type'])?.toLowerCase()
  const isNullable = source['nullable'] === true
  if (isNullable && Array.isArray(rest['enum'])) rest['enum'] = [...asArray(rest['enum']), null]
  if (type === undefined || type === 'type_unspecified') {
    const branches = rest['anyOf']
    return isNullable && branches ? { ...rest, anyOf: [...asArray(branches), { type: 'null' }] } : rest
  }
  return { type: isNullable ? [type, 'null'] : type, ...rest }
}
