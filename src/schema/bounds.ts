/** Decides whether a schema that came from outside may be compiled at all, before anything is compiled. */

import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { SchemaFault } from './fault.ts'
import { isInPlace, resolvePointer, subschemasOf } from './keywords.ts'
import { isPlainPattern } from './pattern.ts'

export const bounds = {
  maxBytes: 262_144,
  maxDepth: 48,
  maxKeywords: 5_000,
  maxPatternLength: 1_024,
  /** Schemas that may have to be tried for one and the same value, references followed. */
  maxTries: 2_000,
} as const

export type Draft = '2020-12' | '2019-09' | 'draft-07'

/** What a walk over a schema has found. */
export interface Surveyed {
  /** UTF-8 bytes of its JSON text. */
  readonly bytes: number
  readonly keywords: number
  readonly draft: Draft
  /** Patterns whose cost is not known to be small, with their places. */
  readonly doubtful: readonly { readonly pointer: string; readonly pattern: string }[]
  readonly hasUniqueItems: boolean
  /** The most schemas that may have to be tried for one value. */
  readonly tries: number
  /** A schema refers to one that it stands in: values of any depth are instances. */
  readonly isRecursive: boolean
}

const drafts: Readonly<Record<string, Draft>> = {
  'https://json-schema.org/draft/2020-12/schema': '2020-12',
  'https://json-schema.org/draft/2019-09/schema': '2019-09',
  'http://json-schema.org/draft-07/schema': 'draft-07',
  'http://json-schema.org/draft-06/schema': 'draft-07',
  'http://json-schema.org/schema': '2020-12',
}

/** Throws SchemaFault with the place of what is too much, leads outside, or leads nowhere. Linear in the schema. */
export function surveySchema(schema: Json, text: string): Surveyed {
  const bytes = Buffer.byteLength(text)
  if (bytes > bounds.maxBytes) {
    throw new SchemaFault('', `The schema has ${bytes} bytes; at most ${bounds.maxBytes} are taken.`)
  }
  if (!isObject(schema)) throw new SchemaFault('', 'A schema must be an object.')
  const survey = new Survey(schema)
  survey.visit(schema, '', 1)
  const tries = survey.countTries()
  return {
    bytes,
    keywords: survey.keywords,
    draft: survey.draft,
    doubtful: survey.doubtful,
    hasUniqueItems: survey.hasUniqueItems,
    tries,
    isRecursive: survey.isRecursive(),
  }
}

class Survey {
  keywords = 0
  draft: Draft
  hasUniqueItems = false
  readonly doubtful: { pointer: string; pattern: string }[] = []
  readonly #root: JsonObject
  readonly #saysDraft: boolean
  readonly #places = new Map<JsonObject, string>()

  constructor(root: JsonObject) {
    this.#root = root
    this.#saysDraft = root['$schema'] !== undefined
    this.draft = draftOf(root)
  }

  visit(value: Json, pointer: string, depth: number): void {
    if (typeof value === 'boolean') return
    if (!isObject(value)) throw new SchemaFault(pointer, 'A schema must be an object or a boolean.')
    if (depth > bounds.maxDepth) {
      throw new SchemaFault(pointer, `The schema is nested deeper than ${bounds.maxDepth} levels.`)
    }
    this.#places.set(value, pointer)
    this.keywords += Object.keys(value).length
    if (this.keywords > bounds.maxKeywords) {
      throw new SchemaFault(pointer, `The schema has more than ${bounds.maxKeywords} keywords.`)
    }
    this.#look(value, pointer)
    for (const sub of subschemasOf(value)) this.visit(sub.value, pointer + sub.pointer, depth + 1)
  }

  #look(schema: JsonObject, pointer: string): void {
    for (const name of ['$ref', '$dynamicRef', '$recursiveRef']) this.#lookAtReference(schema, name, pointer)
    if (pointer !== '' && schema['$id'] !== undefined) {
      throw new SchemaFault(`${pointer}/$id`, 'A schema within the schema may not have a name of its own.')
    }
    if (typeof schema['exclusiveMinimum'] === 'boolean' || typeof schema['exclusiveMaximum'] === 'boolean') {
      throw new SchemaFault(pointer, 'Boolean exclusive bounds are of draft 4; write the bound as a number.')
    }
    // Before 2020-12 a tuple was a list of `items`: with nothing else said, that is what tells the drafts apart.
    if (!this.#saysDraft && (Array.isArray(schema['items']) || schema['dependencies'] !== undefined)) {
      this.draft = 'draft-07'
    }
    if (schema['uniqueItems'] === true) this.hasUniqueItems = true
    if (typeof schema['pattern'] === 'string') this.#pattern(schema['pattern'], `${pointer}/pattern`)
    if (isObject(schema['patternProperties'])) {
      for (const pattern of Object.keys(schema['patternProperties'])) {
        this.#pattern(pattern, `${pointer}/patternProperties`)
      }
    }
  }

  #lookAtReference(schema: JsonObject, name: string, pointer: string): void {
    const reference = schema[name]
    if (reference === undefined) return
    const place = `${pointer}/${name}`
    if (typeof reference !== 'string') throw new SchemaFault(place, 'A reference must be text.')
    if (!reference.startsWith('#')) {
      throw new SchemaFault(
        place,
        'Only references within the schema (`#...`) are followed; none is fetched.',
      )
    }
    if (/^#(\/|$)/.test(reference) && resolvePointer(this.#root, reference) === undefined) {
      throw new SchemaFault(place, `The reference \`${reference.slice(0, 200)}\` leads nowhere.`)
    }
  }

  #pattern(pattern: string, pointer: string): void {
    if (pattern.length > bounds.maxPatternLength) {
      throw new SchemaFault(pointer, `The pattern is longer than ${bounds.maxPatternLength} characters.`)
    }
    try {
      new RegExp(pattern, 'u')
    } catch {
      throw new SchemaFault(pointer, 'The pattern is not a regular expression of ECMAScript.')
    }
    if (!isPlainPattern(pattern)) this.doubtful.push({ pointer, pattern })
  }

  /**
   * How many schemas one value may have to be held against. Alternatives of alternatives multiply, and through
   * references a short schema can say 10^10. One that refers to itself for the same value has no end at all:
   * `{"$ref": "#"}` at the root.
   */
  countTries(): number {
    const counted = new Map<JsonObject, number>()
    const within = new Set<JsonObject>()
    const count = (schema: Json | undefined): number => {
      if (!isObject(schema)) return 0
      const known = counted.get(schema)
      if (known !== undefined) return known
      const place = this.#places.get(schema) ?? ''
      if (within.has(schema)) {
        throw new SchemaFault(place, 'The schema refers to itself for the same value, without an end.')
      }
      within.add(schema)
      let tries = 1 + count(this.#referred(schema))
      for (const sub of subschemasOf(schema)) if (isInPlace(sub.keyword)) tries += count(sub.value)
      within.delete(schema)
      if (tries > bounds.maxTries) {
        throw new SchemaFault(
          place,
          `More than ${bounds.maxTries} schemas would have to be tried for one value.`,
        )
      }
      counted.set(schema, tries)
      return tries
    }
    return Math.max(...Array.from(this.#places.keys(), count))
  }

  isRecursive(): boolean {
    const done = new Set<JsonObject>()
    const within = new Set<JsonObject>()
    const leadsBack = (schema: Json | undefined): boolean => {
      if (!isObject(schema) || done.has(schema)) return false
      if (within.has(schema)) return true
      within.add(schema)
      const isBack =
        leadsBack(this.#referred(schema)) || subschemasOf(schema).some((sub) => leadsBack(sub.value))
      within.delete(schema)
      done.add(schema)
      return isBack
    }
    return leadsBack(this.#root)
  }

  #referred(schema: JsonObject): Json | undefined {
    for (const name of ['$ref', '$dynamicRef', '$recursiveRef']) {
      const reference = schema[name]
      if (typeof reference === 'string' && /^#(\/|$)/.test(reference)) {
        return resolvePointer(this.#root, reference)
      }
    }
    return undefined
  }
}

function draftOf({ $schema: named }: JsonObject): Draft {
  if (named === undefined) return '2020-12'
  const draft = typeof named === 'string' ? drafts[named.replace(/#$/, '')] : undefined
  if (draft) return draft
  throw new SchemaFault('/$schema', 'Only 2020-12, 2019-09, draft-07 and draft-06 of JSON Schema are known.')
}
