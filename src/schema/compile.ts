/** Compiles schemas that have passed their bounds, and checks values with them: the one place that knows ajv. */

import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import type { Json, JsonObject } from '../core/json.ts'
import type { Draft } from './bounds.ts'
import { SchemaFault } from './fault.ts'

/** The faults of a value, as `/items/0/price: must be number`; empty for an instance. */
export type Check = (value: Json) => string[]

const maxFaults = 8
const maxFaultLength = 300
/** An instance of ajv keeps something of all that it ever compiled: it is replaced after this many. */
const maxCompiles = 500

const options: Options = {
  strict: false,
  allErrors: true,
  logger: false,
  validateFormats: true,
}

/** Compiles synchronously; schemas of thousands of keywords take long and belong in the worker. */
export class Compiler {
  readonly #instances = new Map<Draft, { ajv: Ajv; left: number }>()

  /** Throws SchemaFault. */
  compile(schema: JsonObject, draft: Draft): Check {
    const { $schema: _draft, $id: _name, ...rest } = schema
    const ajv = this.#instance(draft)
    try {
      const validate = ajv.compile(rest)
      ajv.removeSchema(rest) // kept here, it would be kept for ever
      return (value) => faultsOf(validate, value)
    } catch (cause) {
      throw new SchemaFault('', toMessage(cause))
    }
  }

  #instance(draft: Draft): Ajv {
    const kept = this.#instances.get(draft)
    if (kept && kept.left > 0) {
      kept.left--
      return kept.ajv
    }
    const ajv = createAjv(draft)
    // CommonJS: the plugin is the module's `default`.
    formatsPlugin.default(ajv)
    this.#instances.set(draft, { ajv, left: maxCompiles })
    return ajv
  }
}

function createAjv(draft: Draft): Ajv {
  switch (draft) {
    case '2020-12':
      return new Ajv2020(options)
    case '2019-09':
      return new Ajv2019(options)
    case 'draft-07':
      return new Ajv(options)
  }
}

function toMessage(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : 'unknown'
  return `It is not a valid JSON Schema: ${message.slice(0, maxFaultLength)}`
}

function faultsOf(validate: ValidateFunction, value: Json): string[] {
  try {
    if (validate(value)) return []
  } catch (cause) {
    // A value nested thousands of levels deep exhausts the stack.
    if (cause instanceof RangeError) return ['the value is nested too deeply to be checked']
    throw cause
  }
  const faults = (validate.errors ?? []).map(toFault)
  validate.errors = null
  return Array.from(new Set(faults)).slice(0, maxFaults)
}

function toFault({ instancePath, keyword, message = 'is not valid', params }: ErrorObject): string {
  const place = instancePath === '' ? '/' : instancePath
  return `${place}: ${message}${detailOf(keyword, params)}`.slice(0, maxFaultLength)
}

/** What ajv's message leaves out. */
function detailOf(keyword: string, params: Readonly<Record<string, unknown>>): string {
  switch (keyword) {
    case 'additionalProperties':
      return ` (\`${String(params['additionalProperty'])}\`)`
    case 'unevaluatedProperties':
      return ` (\`${String(params['unevaluatedProperty'])}\`)`
    case 'enum':
      return ` (${JSON.stringify(params['allowedValues'])})`
    case 'const':
      return ` (${JSON.stringify(params['allowedValue'])})`
    default:
      return ''
  }
}
