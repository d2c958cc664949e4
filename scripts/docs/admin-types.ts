/** Writes the types and policies of the admin API, for the dashboard's client, from its OpenAPI document. */

import { asArray, asObject, asString, type Json, type JsonObject } from '../../src/core/json.ts'

/** One member per operation, named by method and path: what it takes and what it gives. Pure. */
export function renderAdminTypes(document: JsonObject): string {
  const operations = Object.entries(asObject(document['paths']) ?? {})
    .flatMap(([path, methods]) =>
      Object.entries(asObject(methods) ?? {}).map(([method, operation]) => ({
        name: `'${method.toUpperCase()} ${path}'`,
        operation: asObject(operation) ?? {},
      })),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return [
    '/** The operations of the admin API. Generated from its OpenAPI document by `npm run docs`; do not edit. */',
    'export interface AdminApi {',
    ...operations.map(({ name, operation }) => `  ${name}: ${operationType(operation)}`),
    '}',
    '',
    '/** Under which policy each is let in. */',
    'export const policyOf = {',
    ...operations.map(({ name, operation }) => `  ${name}: '${asString(operation['x-weir-policy']) ?? ''}',`),
    '} as const satisfies Readonly<Record<keyof AdminApi, string>>',
    '',
  ].join('\n')
}

function operationType(operation: JsonObject): string {
  const query = asArray(operation['parameters'])
    .map((parameter) => asObject(parameter) ?? {})
    .filter((parameter) => parameter['in'] === 'query')
  const members = query.map((parameter) =>
    member(asString(parameter['name']) ?? '', parameter['schema'] ?? {}, parameter['required'] === true),
  )
  const body = schemaOf(asObject(operation['requestBody']))
  const response = schemaOf(asObject(asObject(operation['responses'])?.['2XX']))
  return [
    '{',
    `query: ${members.length > 0 ? `{ ${members.join('; ')} }` : 'undefined'}`,
    `body: ${body === undefined ? 'undefined' : typeOf(body)}`,
    `response: ${response === undefined ? 'undefined' : typeOf(response)}`,
    '}',
  ].join('\n')
}

function schemaOf(holder: JsonObject | undefined): Json | undefined {
  return asObject(asObject(holder?.['content'])?.['application/json'])?.['schema']
}

function typeOf(schema: Json): string {
  const of = asObject(schema) ?? {}
  if (of['const'] !== undefined) return JSON.stringify(of['const'])
  if (of['enum'] !== undefined) return union(asArray(of['enum']).map((value) => JSON.stringify(value)))
  const choices = of['anyOf'] ?? of['oneOf']
  if (choices !== undefined) return union(asArray(choices).map(typeOf))
  if (Array.isArray(of['type'])) return union(asArray(of['type']).map((type) => typeOf({ ...of, type })))
  if (of['type'] === 'array') return `(${typeOf(of['items'] ?? {})})[]`
  if (of['type'] === 'object') return objectType(of)
  return scalars.get(of['type'] ?? '') ?? 'unknown'
}

function union(types: readonly string[]): string {
  return types.includes('unknown') ? 'unknown' : [...new Set(types)].join(' | ')
}

const scalars = new Map<Json, string>([
  ['string', 'string'],
  ['number', 'number'],
  ['integer', 'number'],
  ['boolean', 'boolean'],
  ['null', 'null'],
])

function objectType(schema: JsonObject): string {
  const required = new Set(asArray(schema['required']))
  const members = Object.entries(asObject(schema['properties']) ?? {}).map(([name, value]) =>
    member(name, value ?? {}, required.has(name)),
  )
  if (members.length > 0) return `{ ${members.join('; ')} }`
  const values = schema['additionalProperties']
  return values === undefined || values === false ? 'object' : `{ [name: string]: ${typeOf(values)} }`
}

function member(name: string, schema: Json, isRequired: boolean): string {
  const type = typeOf(schema)
  if (isRequired) return `${name}: ${type}`
  // What the caller may leave out, it may also say as undefined.
  return `${name}?: ${union([type, 'undefined'])}`
}
