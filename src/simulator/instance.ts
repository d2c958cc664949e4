/** Makes an instance of a JSON Schema: always the same one for the same schema. */

import { asArray, asNumber, asObject, asString, isObject, type Json, type JsonObject } from '../core/json.ts'

/** Beyond this depth only what is required is filled in, so that a recursive schema ends. */
const generousDepth = 6
const maxDepth = 32

/**
 * A valid instance for the schemas that providers accept for structured output: types, `enum`, `const`, `$ref`,
 * `allOf`, `anyOf`, `oneOf`, bounds, formats and simple patterns; Gemini's upper-case types and `nullable` too.
 * Not satisfied: `not`, `if`, and patterns beyond the samples below.
 */
export function instanceOf(schema: JsonObject): Json {
  return fill(schema, schema, 0)
}

function fill(schema: JsonObject, root: JsonObject, depth: number): Json {
  if (depth > maxDepth) return null
  const reference = asString(schema['$ref'])
  if (reference !== undefined)
    return fill({ ...resolve(reference, root), ...without(schema, '$ref') }, root, depth + 1)
  if (schema['const'] !== undefined) return schema['const']
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return asArray(schema['enum'])[0] ?? null
  if (Array.isArray(schema['allOf'])) {
    const merged = asArray(schema['allOf'])
      .filter(isObject)
      .reduce<JsonObject>((whole, part) => merge(whole, part, root), without(schema, 'allOf'))
    return fill(merged, root, depth + 1)
  }
  for (const key of ['anyOf', 'oneOf']) {
    if (!Array.isArray(schema[key])) continue
    const options = asArray(schema[key]).filter(isObject)
    const option = depth > generousDepth ? (options.find(isLeaf) ?? options[0]) : options[0]
    return option ? fill(merge(without(schema, key), option, root), root, depth + 1) : null
  }
  return fillType(typeOf(schema, depth), schema, root, depth)
}

function fillType(type: string, schema: JsonObject, root: JsonObject, depth: number): Json {
  switch (type) {
    case 'object':
      return fillObject(schema, root, depth)
    case 'array':
      return fillArray(schema, root, depth)
    case 'string':
      return fillString(schema)
    case 'integer':
      return fillNumber(schema, 1)
    case 'number':
      return fillNumber(schema, 0.5)
    case 'boolean':
      return true
    default:
      return null
  }
}

function fillObject(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = asObject(schema['properties']) ?? {}
  const required = new Set(asArray(schema['required']))
  const filled: Record<string, Json> = {}
  for (const [name, property] of Object.entries(properties)) {
    if (depth > generousDepth && !required.has(name)) continue
    filled[name] = fill(asObject(property) ?? {}, root, depth + 1)
  }
  for (const name of required) {
    if (typeof name === 'string' && !Object.hasOwn(filled, name)) filled[name] = extra(schema, root, depth)
  }
  const minimum = asNumber(schema['minProperties']) ?? 0
  for (let at = 1; Object.keys(filled).length < minimum; at++) filled[`key${at}`] = extra(schema, root, depth)
  return filled
}

function extra(schema: JsonObject, root: JsonObject, depth: number): Json {
  return fill(asObject(schema['additionalProperties']) ?? { type: 'string' }, root, depth + 1)
}

function fillArray(schema: JsonObject, root: JsonObject, depth: number): Json[] {
  const filled = asArray(schema['prefixItems']).map((item) => fill(asObject(item) ?? {}, root, depth + 1))
  const items = asObject(schema['items'])
  const minimum = Math.max(asNumber(schema['minItems']) ?? 0, items && depth <= generousDepth ? 1 : 0)
  const length = Math.min(minimum, asNumber(schema['maxItems']) ?? minimum)
  const options = items ? asArray(items['enum']) : []
  while (filled.length < length) {
    const item = options[filled.length] ?? fill(items ?? { type: 'string' }, root, depth + 1)
    filled.push(schema['uniqueItems'] === true ? distinct(item, filled.length) : item)
  }
  return filled
}

/** Another value of the same type for each place of an array whose items must differ. */
function distinct(item: Json, place: number): Json {
  if (place === 0) return item
  if (typeof item === 'number') return item + place
  if (typeof item === 'string') return `${item}${place}`
  if (isObject(item)) {
    return Object.fromEntries(
      Object.entries(item).map(([key, value]) => [key, distinct(value ?? null, place)]),
    )
  }
  return item
}

const samplesOfFormat: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
}

const samplesOfPattern = (
  'text a A 1 0 42 abc ABC A1 a1 AB ABC-123 12345 1.0 1.0.0 2026-01-31 12:00 #a1b2c3 a_b a-b +12025550123 ' +
  'someone@example.com https://example.com/'
).split(' ')

function fillString(schema: JsonObject): string {
  const pattern = asString(schema['pattern'])
  const format = samplesOfFormat[asString(schema['format']) ?? '']
  const minimum = asNumber(schema['minLength']) ?? 0
  const maximum = asNumber(schema['maxLength']) ?? Infinity
  if (pattern !== undefined) {
    const expression = new RegExp(pattern, 'u')
    const candidates = [...samplesOfPattern, ...Object.values(samplesOfFormat)]
    for (const length of [minimum, ...Array.from({ length: 32 }, (_, at) => at + 1)]) {
      for (const character of ['a', 'A', '1']) candidates.push(character.repeat(length))
    }
    const fits = (text: string) => text.length >= minimum && text.length <= maximum && expression.test(text)
    return candidates.find(fits) ?? 'text'
  }
  return (format ?? 'text').padEnd(minimum, 'x').slice(0, maximum)
}

function fillNumber(schema: JsonObject, unit: number): number {
  const step = asNumber(schema['multipleOf']) ?? (unit === 1 ? 1 : undefined)
  const above = asNumber(schema['exclusiveMinimum'])
  const below = asNumber(schema['exclusiveMaximum'])
  const low = asNumber(schema['minimum']) ?? (above === undefined ? undefined : above + (step ?? unit))
  const high = asNumber(schema['maximum']) ?? (below === undefined ? undefined : below - (step ?? unit))
  if (low === undefined && high === undefined) return step ?? unit
  const value = low ?? Math.min(step ?? unit, high ?? 0)
  if (step !== undefined)
    return low === undefined ? Math.floor(value / step) * step : Math.ceil(value / step) * step
  return above !== undefined && below !== undefined ? (above + below) / 2 : value
}

function typeOf(schema: JsonObject, depth: number): string {
  const types = (Array.isArray(schema['type']) ? asArray(schema['type']) : [schema['type']]).flatMap((type) =>
    typeof type === 'string' ? type.toLowerCase() : [],
  )
  const isNullable = types.includes('null') || schema['nullable'] === true
  if (isNullable && depth > generousDepth) return 'null'
  const type = types.find((each) => each !== 'null') ?? types[0]
  if (type !== undefined) return type
  if (schema['properties'] || schema['required']) return 'object'
  if (schema['items'] || schema['prefixItems']) return 'array'
  return 'string'
}

/** Does a schema say so little of structure that filling it ends at once? */
function isLeaf(schema: JsonObject): boolean {
  return !['$ref', 'properties', 'items', 'anyOf', 'oneOf', 'allOf'].some((key) => schema[key] !== undefined)
}

/** Both schemas at once, as far as an instance needs it: properties and required names are joined. */
function merge(a: JsonObject, b: JsonObject, root: JsonObject): JsonObject {
  const reference = asString(b['$ref'])
  const other = reference === undefined ? b : { ...resolve(reference, root), ...without(b, '$ref') }
  return {
    ...a,
    ...other,
    ...((a['properties'] ?? other['properties']) !== undefined && {
      properties: { ...asObject(a['properties']), ...asObject(other['properties']) },
    }),
    ...((a['required'] ?? other['required']) !== undefined && {
      required: [...asArray(a['required']), ...asArray(other['required'])],
    }),
  }
}

function without(schema: JsonObject, key: string): JsonObject {
  const { [key]: _left, ...rest } = schema
  return rest
}

/** The schema that a local reference (`#`, `#/$defs/Node`) names; an empty one where it leads nowhere. */
function resolve(reference: string, root: JsonObject): JsonObject {
  if (!reference.startsWith('#')) return {}
  let at: Json | undefined = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    at = Array.isArray(at) ? (at as readonly Json[])[Number(key)] : asObject(at)?.[key]
  }
  return asObject(at) ?? {}
}
