/** Finds what is wrong with the JSON Schemas of a suite when it is loaded, and not after its models were paid for. */

import type { Json } from '../../core/json.ts'
import { surveySchema } from '../../schema/bounds.ts'
import { Compiler } from '../../schema/compile.ts'
import { SchemaFault } from '../../schema/fault.ts'
import { schemaOf } from '../assertions/structure.ts'

/** Larger ones take long: they are compiled in a thread, when the first answer is graded. */
const maxKeywords = 250

export class SchemaFaults {
  readonly #compiler = new Compiler()
  /** By the text: the schema of a default is that of every case. */
  readonly #known = new Map<string, string | undefined>()

  /** Undefined where nothing is wrong. */
  of(value: Json | undefined): string | undefined {
    if (value === undefined) return undefined
    const text = JSON.stringify(value)
    if (!this.#known.has(text)) this.#known.set(text, this.#find(value))
    return this.#known.get(text)
  }

  #find(value: Json): string | undefined {
    const schema = schemaOf(value)
    if (schema === undefined) return 'not a JSON Schema'
    if (typeof schema === 'boolean') return undefined
    try {
      const { keywords, draft } = surveySchema(schema, JSON.stringify(schema))
      if (keywords <= maxKeywords) this.#compiler.compile(schema, draft)
      return undefined
    } catch (error) {
      if (!(error instanceof SchemaFault)) throw error
      return `not a JSON Schema: ${error.message.replace(/^It is not a valid JSON Schema: (?:schema is invalid: )?/, '')}`
    }
  }
}
