/** JSON Schemas of suites: compiled once, kept in a bounded store, reported in one line. */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { JsonObject } from '../../core/json.ts'

const maxCompiled = 200
const maxErrorsTold = 3

export interface SchemaChecker {
  check(schema: JsonObject | boolean, value: unknown): string | undefined
}

/** Draft 2020-12, or draft-07 where `$schema` names it. */
export function createSchemaChecker(): SchemaChecker {
  const compiled = new Map<string, ValidateFunction>()
  return {
    check(schema, value) {
      const key = JSON.stringify(schema)
      let validate = compiled.get(key)
      if (validate === undefined) {
        validate = compile(schema)
        const oldest = compiled.keys().next()
        if (compiled.size >= maxCompiled && !oldest.done) compiled.delete(oldest.value)
        compiled.set(key, validate)
      }
      return validate(value) ? undefined : describe(validate.errors ?? [])
    },
  }
}

function compile(schema: JsonObject | boolean): ValidateFunction {
  const options = { strict: false, allErrors: true, validateFormats: true }
  const isDraft7 = typeof schema === 'object' && /draft-0[67]/.test(JSON.stringify(schema['$schema'] ?? ''))
  // One instance for each schema: an instance keeps every schema with an `$id` and refuses its second sight.
  const ajv = isDraft7 ? new Ajv(options) : new Ajv2020(options)
  formats.default(ajv)
  return ajv.compile(schema)
}

function describe(errors: readonly ErrorObject[]): string {
  return errors
    .slice(0, maxErrorsTold)
    .map(({ instancePath, message }) => `${instancePath || 'the value'} ${message ?? 'is not valid'}`)
    .join('; ')
}
