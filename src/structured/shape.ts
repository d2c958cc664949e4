/** What a schema allows at one place of an answer that is still growing: certain only where it says no. */

import { asArray, isObject, type Json, type JsonObject } from '../core/json.ts'
import { resolvePointer } from '../schema/keywords.ts'

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

/** Schemas that all hold for the value: one way in which it may satisfy the whole. */
type Way = readonly JsonObject[]

/** Beyond these the answer is no longer followed, and only judged when it is whole. */
const maxWays = 32
/** Schemas that are looked at for one place. */
const maxHops = 256

/**
 * A place in the answer. Constraints that need the whole value (`not`, `if`, bounds, formats) are left to the check
 * of the whole: what is refused here can never become valid, what is not refused may still turn out invalid.
 */
export class Place {
  readonly #root: JsonObject
  /** Undefined: anything may stand here. */
  readonly #ways: readonly Way[] | undefined

  private constructor(root: JsonObject, ways: readonly Way[] | undefined) {
    this.#root = root
    this.#ways = ways
  }

  static ofRoot(schema: JsonObject): Place {
    return new Place(schema, expand([schema], schema))
  }

  static anything(): Place {
    return new Place({}, undefined)
  }

  /** May a value of this kind stand here? */
  allows(kind: JsonKind): boolean {
    return this.#ways?.some((way) => way.every((schema) => allowsKind(schema, kind))) ?? true
  }

  /** The same place, now that the kind of its value is known. */
  as(kind: JsonKind): Place {
    return this.#narrowed((way) => way.every((schema) => allowsKind(schema, kind)))
  }

  /** May a member of this name stand in the object here? */
  allowsMember(name: string): boolean {
    return this.#ways?.some((way) => way.every((schema) => allowsMember(schema, name))) ?? true
  }

  /** The place of a member's value. */
  member(name: string): Place {
    return this.#within((schema) => memberOf(schema, name))
  }

  element(at: number): Place {
    return this.#within((schema) => elementOf(schema, at))
  }

  /** Is the member required in every way in which the object may still be valid? */
  requires(name: string): boolean {
    return this.#ways?.every((way) => requiredOf(way).includes(name)) ?? true
  }

  /** May an object with these members, and no more, be valid? The name of a missing one where it may not. */
  missing(names: ReadonlySet<string>): string | undefined {
    if (this.#ways === undefined) return undefined
    let missing: string | undefined
    for (const way of this.#ways) {
      const lacking = requiredOf(way).find((name) => !names.has(name))
      if (lacking === undefined) return undefined
      missing ??= lacking
    }
    return missing
  }

  /** May the string become one that begins so? With `isWhole`, may it be this one? */
  allowsText(text: string, isWhole: boolean): boolean {
    const fits = (value: Json | undefined) =>
      typeof value === 'string' && (isWhole ? value === text : value.startsWith(text))
    return this.#ways?.some((way) => way.every((schema) => allowsValue(schema, fits))) ?? true
  }

  /** May this number, boolean or null stand here? */
  allowsScalar(value: number | boolean | null): boolean {
    const fits = (other: Json | undefined) => other === value
    const isInteger = typeof value !== 'number' || Number.isInteger(value)
    return (
      this.#ways?.some((way) =>
        way.every((schema) => allowsValue(schema, fits) && (isInteger || !wantsInteger(schema))),
      ) ?? true
    )
  }

  #narrowed(keep: (way: Way) => boolean): Place {
    const ways = this.#ways?.filter(keep)
    return ways === undefined || ways.length === 0 ? this : new Place(this.#root, ways)
  }

  #within(partOf: (schema: JsonObject) => Json | undefined): Place {
    if (this.#ways === undefined) return this
    const ways: Way[] = []
    for (const way of this.#ways) {
      const parts = way.map(partOf).filter((part) => part !== undefined)
      if (parts.includes(false)) continue
      const expanded = expand(parts.filter(isObject), this.#root)
      if (expanded === undefined) return Place.anything()
      ways.push(...expanded)
      if (ways.length > maxWays) return Place.anything()
    }
    return new Place(this.#root, ways)
  }
}

/** What is left of the schemas that may be looked at for one place. */
interface Budget {
  left: number
}

/** Every choice among alternatives, written out. Undefined where there are too many. */
function expand(
  schemas: readonly JsonObject[],
  root: JsonObject,
  budget: Budget = { left: maxHops },
): Way[] | undefined {
  let ways: Way[] = [[]]
  const queue = [...schemas]
  while (queue.length > 0) {
    if (--budget.left < 0) return undefined
    const schema = queue.shift()!
    ways = ways.map((way) => [...way, schema])
    const reference = schema['$ref']
    if (typeof reference === 'string') {
      const named = /^#(\/|$)/.test(reference) ? resolvePointer(root, reference) : undefined
      if (named === undefined) return undefined
      if (isObject(named)) queue.push(named)
    }
    queue.push(...asArray(schema['allOf']).filter(isObject))
    for (const keyword of ['anyOf', 'oneOf']) {
      const options = alternatives(asArray(schema[keyword]), root, budget)
      if (options === undefined || ways.length * options.length > maxWays) return undefined
      if (options.length > 0) ways = ways.flatMap((way) => options.map((more) => [...way, ...more]))
    }
  }
  return ways
}

function alternatives(options: readonly Json[], root: JsonObject, budget: Budget): Way[] | undefined {
  const each: Way[] = []
  for (const option of options) {
    if (option === false) continue
    const expanded = isObject(option) ? expand([option], root, budget) : [[]]
    if (expanded === undefined) return undefined
    each.push(...expanded)
    if (each.length > maxWays) return undefined
  }
  return each
}

function allowsKind(schema: JsonObject, kind: JsonKind): boolean {
  const { type, nullable, const: only, enum: values } = schema
  if (type !== undefined) {
    const types = Array.isArray(type) ? (type as readonly Json[]) : [type]
    const isNamed =
      types.includes(kind) ||
      (kind === 'number' && types.includes('integer')) ||
      (kind === 'null' && nullable === true)
    if (!isNamed) return false
  }
  if (only !== undefined && kindOf(only) !== kind) return false
  return !Array.isArray(values) || (values as readonly Json[]).some((value) => kindOf(value) === kind)
}

export function kindOf(value: Json): JsonKind {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value as JsonKind
}

function allowsValue({ const: only, enum: values }: JsonObject, fits: (value: Json) => boolean): boolean {
  if (only !== undefined && !fits(only)) return false
  return !Array.isArray(values) || (values as readonly Json[]).some(fits)
}

function wantsInteger({ type }: JsonObject): boolean {
  const types = Array.isArray(type) ? (type as readonly Json[]) : [type]
  return types.includes('integer') && !types.includes('number')
}

function allowsMember(schema: JsonObject, name: string): boolean {
  if (schema['additionalProperties'] !== false || schema['patternProperties'] !== undefined) return true
  return Object.hasOwn(propertiesOf(schema), name)
}

function memberOf(schema: JsonObject, name: string): Json | undefined {
  const properties = propertiesOf(schema)
  if (Object.hasOwn(properties, name)) return properties[name]
  if (schema['patternProperties'] !== undefined) return undefined
  return schema['additionalProperties']
}

function elementOf(schema: JsonObject, at: number): Json | undefined {
  // A tuple: `prefixItems` and `items` since 2020-12, a list of `items` and `additionalItems` before.
  const isOld = Array.isArray(schema['items'])
  const tuple = asArray(isOld ? schema['items'] : schema['prefixItems'])
  return tuple[at] ?? (isOld ? schema['additionalItems'] : schema['items'])
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isObject(properties) ? properties : {}
}

function requiredOf(way: Way): string[] {
  return way.flatMap(({ required }) =>
    asArray(required).filter((name): name is string => typeof name === 'string'),
  )
}
