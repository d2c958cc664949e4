/** Judges values by the schemas of OpenAI's own OpenAPI document, read in place. */

import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { sharedWireFile } from './recorded.ts'

const file = sharedWireFile('specs/openai.openapi.yaml')
const refPrefix = '#/components/schemas/'
const maxFaults = 8

/** False where this checkout has no copy of the document: callers then skip, and say so. */
export const hasOpenApi: boolean = file !== undefined

/** Reads and compiles on demand: the document has 3 MB, and a test needs a few dozen of its schemas. */
export class OpenApiJudge {
  readonly #sources: ReadonlyMap<string, string>
  readonly #schemas = new Map<string, JsonObject>()
  readonly #validators = new Map<string, ValidateFunction>()

  constructor(yaml: string = readFileSync(file ?? '', 'utf8')) {
    this.#sources = schemaSources(yaml)
  }

  /** What the named schema has against the value; empty when it is valid. Throws for an unknown name. */
  validate(schemaName: string, value: unknown): string[] {
    const name = this.#branchOf(schemaName, value)
    const validator = this.#validator(name)
    if (validator(value)) return []
    return [...new Set((validator.errors ?? []).toSorted(deepestFirst).map(toText))].slice(0, maxFaults)
  }

  /** For a union told apart by `type`, the member that the value claims to be: its errors are the telling ones. */
  #branchOf(schemaName: string, value: unknown): string {
    const schema = this.#schema(schemaName)
    if (schema['discriminator'] === undefined || !isObject(value)) return schemaName
    for (const branch of asArray(schema['anyOf'] ?? schema['oneOf'])) {
      const name = asString(asObject(branch)?.['$ref'])?.slice(refPrefix.length)
      if (name === undefined) continue
      const tag = asObject(asObject(this.#schema(name)['properties'])?.['type'])
      if (asArray(tag?.['enum']).includes(value['type'] ?? null)) return name
    }
    return schemaName
  }

  #schema(name: string): JsonObject {
    let schema = this.#schemas.get(name)
    if (schema === undefined) {
      const source = this.#sources.get(name)
      if (source === undefined) throw new Error(`The OpenAPI document has no schema ${name}`)
      const value = asObject(parse(source))?.[name]
      schema = toJsonSchema(value ?? null) as JsonObject
      this.#schemas.set(name, schema)
    }
    return schema
  }

  #validator(name: string): ValidateFunction {
    let validator = this.#validators.get(name)
    if (validator === undefined) {
      const needed: Record<string, JsonObject> = {}
      this.#gather(name, needed)
      const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
      validator = ajv.compile({ $ref: refPrefix + name, components: { schemas: needed } })
      this.#validators.set(name, validator)
    }
    return validator
  }

  #gather(name: string, into: Record<string, JsonObject>): void {
    if (Object.hasOwn(into, name)) return
    into[name] = this.#schema(name)
    for (const [, ref] of JSON.stringify(into[name]).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      this.#gather(ref!, into)
    }
  }
}

/** The YAML of each schema under `components.schemas`, told apart by its indentation. */
function schemaSources(yaml: string): Map<string, string> {
  const from = yaml.indexOf('\n  schemas:\n', yaml.indexOf('\ncomponents:\n')) + '\n  schemas:\n'.length
  const to = yaml.slice(from).search(/^ {0,3}\S/m)
  const sources = new Map<string, string>()
  for (const source of yaml.slice(from, to < 0 ? undefined : from + to).split(/^(?= {4}[^\s#])/m)) {
    sources.set(source.slice(0, source.indexOf(':')).trim(), source)
  }
  return sources
}

/** The schema without OpenAPI 3.0's `nullable`, which the document still has in places. */
function toJsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(toJsonSchema)
  if (!isObject(value)) return value
  const { nullable, ...rest } = value
  const schema = Object.fromEntries(
    Object.entries(rest)
      // `$recursiveAnchor` is a keyword of an older draft; the same schemas refer to themselves by name as well.
      .filter(([key]) => key !== '$recursiveAnchor')
      .map(([key, member]) => [key, toJsonSchema(member ?? null)]),
  )
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
}

function deepestFirst(a: ErrorObject, b: ErrorObject): number {
  return b.instancePath.split('/').length - a.instancePath.split('/').length
}

function toText(error: ErrorObject): string {
  return `${error.instancePath || '/'} ${error.message ?? error.keyword} ${JSON.stringify(error.params)}`
}
