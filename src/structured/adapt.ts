/** Fits a schema into the part of JSON Schema that a target's constrained decoding takes, and tells what is left to say. */

import { asArray, isObject, type Json, type JsonObject } from '../core/json.ts'
import { escapePointer, resolvePointer } from '../schema/keywords.ts'
import { commonKeywords, type SchemaSubset } from '../schema/subset.ts'

export interface Adapted {
  /** The very same object where nothing had to change. */
  readonly schema: JsonObject
  /** What the schema no longer says, as `/properties/age: minimum 0`: the model is told it in words. */
  readonly moved: readonly string[]
}

/** These say nothing of what is valid: where they are not taken they are left out without a word. */
const annotations: ReadonlySet<string> = new Set(
  (
    '$schema $id $comment default examples example deprecated readOnly writeOnly ' +
    'propertyOrdering contentMediaType contentEncoding discriminator title'
  ).split(' '),
)

/**
 * Constraints that the subset does not know are left out, for the instructions and the check to carry. Objects are
 * closed, and optional members told as nullable, where that is wanted: a null that the client's own schema does not
 * allow is read as the member's absence. Undefined where the schema's structure has no place in the subset. Pure.
 */
export function adaptSchema(schema: JsonObject, subset: SchemaSubset): Adapted | undefined {
  if (subset.wantsObject && !isObjectRoot(schema)) return undefined
  if (!subset.takesRecursion && isRecursive(schema)) return undefined
  const adapter = new Adapter(subset)
  const adapted = adapter.fit(schema, '')
  if (adapter.hasFailed) return undefined
  return { schema: adapted, moved: adapter.moved }
}

function isObjectRoot(schema: JsonObject): boolean {
  return schema['type'] === 'object' && schema['anyOf'] === undefined && schema['oneOf'] === undefined
}

/** Does a reference lead to a schema that it stands in? */
function isRecursive(root: JsonObject): boolean {
  const within = new Set<Json>()
  const done = new Set<Json>()
  const follow = (value: Json | undefined): boolean => {
    if (typeof value !== 'object' || value === null || done.has(value)) return false
    if (within.has(value)) return true
    within.add(value)
    const reference = isObject(value) ? value['$ref'] : undefined
    const named = typeof reference === 'string' ? resolvePointer(root, reference) : undefined
    const parts = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value)
    const isCircle = follow(named) || parts.some(follow)
    within.delete(value)
    done.add(value)
    return isCircle
  }
  return follow(root)
}

class Adapter {
  readonly moved: string[] = []
  hasFailed = false
  readonly #subset: SchemaSubset

  constructor(subset: SchemaSubset) {
    this.#subset = subset
  }

  /** The schema itself where it fits as it is. */
  fit(schema: JsonObject, pointer: string): JsonObject {
    const plain = withoutNeedlessAllOf(schema)
    const fitted: Record<string, Json> = {}
    for (const [keyword, value] of Object.entries(plain)) {
      if (value === undefined) continue
      const part = this.#keyword(keyword, value, pointer)
      if (part !== undefined) fitted[part.keyword] = part.value
    }
    this.#closeObject(fitted)
    return isSame(schema, fitted) ? schema : fitted
  }

  #keyword(keyword: string, value: Json, pointer: string): { keyword: string; value: Json } | undefined {
    const { keywords, formats } = this.#subset
    if (keywords === undefined) return { keyword, value }
    const isTaken = commonKeywords.has(keyword) || keywords.has(keyword)
    if (keyword === 'oneOf' && !isTaken)
      return { keyword: 'anyOf', value: this.#list(value, `${pointer}/oneOf`) }
    if (keyword === 'const' && !isTaken) return { keyword: 'enum', value: [value] }
    if (keyword === 'format' && isTaken && formats && !(typeof value === 'string' && formats.has(value))) {
      this.#move(pointer, keyword, value)
      return undefined
    }
    if (!isTaken) {
      if (!annotations.has(keyword)) this.#move(pointer, keyword, value)
      // What says how a value is built, and not only how it is bounded, cannot be left out of a closed schema.
      if (structural.has(keyword) && this.#subset.closesObjects) this.hasFailed = true
      return undefined
    }
    return { keyword, value: this.#within(keyword, value, pointer) }
  }

  #within(keyword: string, value: Json, pointer: string): Json {
    const below = `${pointer}/${keyword}`
    switch (keyword) {
      case 'properties':
      case '$defs':
      case 'definitions':
        if (!isObject(value)) return value
        return sameOr(
          value,
          Object.fromEntries(
            Object.entries(value).map(([name, member]) => [
              name,
              this.#schema(member ?? null, `${below}/${escapePointer(name)}`),
            ]),
          ),
        )
      case 'anyOf':
      case 'oneOf':
      case 'allOf':
      case 'prefixItems':
        return this.#list(value, below)
      case 'items':
        if (Array.isArray(value) && this.#subset.closesObjects) this.hasFailed = true
        return this.#schema(value, below)
      case 'additionalProperties':
        // A map: closed, it could only be empty.
        if (value !== false && this.#subset.closesObjects) this.hasFailed = true
        return isObject(value) ? this.#schema(value, below) : value
      default:
        return value
    }
  }

  #list(value: Json, pointer: string): Json {
    if (!Array.isArray(value)) return value
    const parts = value as readonly Json[]
    const fitted = parts.map((part, at) => this.#schema(part, `${pointer}/${at}`))
    return fitted.every((part, at) => part === parts[at]) ? parts : fitted
  }

  #schema(value: Json, pointer: string): Json {
    return isObject(value) ? this.fit(value, pointer) : value
  }

  /** Says of an object that it has no other members, and, where that is wanted, that it has all of them. */
  #closeObject(schema: Record<string, Json>): void {
    if (!this.#subset.closesObjects) return
    const { properties, type } = schema
    const isObjectType = type === 'object' || properties !== undefined
    if (!isObjectType) {
      if (!['type', 'enum', 'const', 'anyOf', '$ref', 'allOf'].some((word) => schema[word] !== undefined)) {
        this.hasFailed = true // anything may stand there
      }
      if (type === 'array' && schema['items'] === undefined) this.hasFailed = true
      return
    }
    if (!isObject(properties) || Object.keys(properties).length === 0) {
      // Without named members it is a free-form object, unless it is meant to be empty.
      if (schema['additionalProperties'] !== false) this.hasFailed = true
      return
    }
    schema['additionalProperties'] = false
    if (!this.#subset.requiresAll) return
    const required = asArray(schema['required'])
    const names = Object.keys(properties)
    const optional = names.filter((name) => !required.includes(name))
    if (required.some((name) => typeof name !== 'string' || !names.includes(name))) this.hasFailed = true
    if (optional.length === 0) return
    schema['required'] = names
    schema['properties'] = Object.fromEntries(
      names.map((name) => {
        const member = properties[name] ?? {}
        return [name, optional.includes(name) ? nullable(member) : member]
      }),
    )
  }

  #move(pointer: string, keyword: string, value: Json): void {
    this.moved.push(`${pointer || '/'}: ${keyword} ${JSON.stringify(value).slice(0, 500)}`)
  }
}

/** Keywords that say of what parts a value is made. */
const structural: ReadonlySet<string> = new Set(
  (
    'allOf patternProperties prefixItems dependentSchemas if then else $dynamicRef ' +
    'unevaluatedProperties unevaluatedItems additionalItems'
  ).split(' '),
)

/** `allOf` of one schema is that schema: some generators write a reference with a description so. */
function withoutNeedlessAllOf(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema
  const [only, another] = asArray(allOf)
  if (!isObject(only) || another !== undefined) return schema
  const hasClash = Object.keys(only).some((keyword) => rest[keyword] !== undefined)
  return hasClash ? schema : { ...only, ...rest }
}

function nullable(schema: Json): Json {
  if (!isObject(schema)) return schema
  const { type } = schema
  if (type === 'null' || (Array.isArray(type) && type.includes('null'))) return schema
  const options = asArray(schema['anyOf'])
  if (options.some((option) => isObject(option) && option['type'] === 'null')) return schema
  if (options.length > 0) return { ...schema, anyOf: [...options, { type: 'null' }] }
  return { anyOf: [schema, { type: 'null' }] }
}

/** Shallow: what was fitted below has kept its identity where it did not change. */
function isSame(before: JsonObject, after: JsonObject): boolean {
  const names = Object.keys(after)
  return names.length === Object.keys(before).length && names.every((name) => before[name] === after[name])
}

function sameOr(before: JsonObject, after: JsonObject): JsonObject {
  return isSame(before, after) ? before : after
}
