/** The JSON value types and the few pure helpers that reading untrusted JSON needs everywhere. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value when it is an object, else undefined. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

/** The value when it is an array, else an empty one. */
export function asArray(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** The value when it is a string, else undefined. An empty string is a string. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The value when it is a finite number, else undefined. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> } & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
}

/**
 * A copy without the members whose value is undefined, so that an optional field is absent rather than
 * present and empty: absent, null and undefined are three facts on the wire.
 */
export function defined<T extends object>(value: T): Defined<T> {
  const members = value as Record<string, unknown>
  const copy: Record<string, unknown> = {}
  // A loop, since this runs several times per request: entries would be a list of lists.
  for (const key in members) if (members[key] !== undefined) copy[key] = members[key]
  return copy as Defined<T>
}

/** The members of `body` whose names are not in `known`; undefined when there are none. */
export function unknownFields(body: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let rest: Record<string, Json> | undefined
  for (const key in body) {
    const value = body[key]
    if (value === undefined || known.has(key)) continue
    rest ??= Object.create(null) as Record<string, Json> // a member named __proto__ stays a member
    rest[key] = value
  }
  return rest
}

/** Parses JSON text; undefined when it is not JSON. No JSON document parses to undefined. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
