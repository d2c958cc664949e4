import assert from 'node:assert/strict'
import test from 'node:test'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { readRecorded, recordedEntries } from '../../test/support/recorded.ts'
import { asArray, asObject, type Json, type JsonObject } from '../core/json.ts'
import { instanceOf } from './instance.ts'

function validate(schema: JsonObject): string | undefined {
  const ajv = new Ajv({ strict: false })
  addFormats.default(ajv)
  const check = ajv.compile(schema)
  const instance = instanceOf(schema)
  return check(instance) ? undefined : `${ajv.errorsText(check.errors)}: ${JSON.stringify(instance)}`
}

const bounded = fc.record({ low: fc.integer({ min: -50, max: 50 }), span: fc.integer({ min: 0, max: 20 }) })
const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    bounded.map(({ low, span }): JsonObject => ({ type: 'integer', minimum: low, maximum: low + span })),
    bounded.map(({ low, span }): JsonObject => ({
      type: 'number',
      exclusiveMinimum: low,
      exclusiveMaximum: low + span + 1,
    })),
    fc
      .integer({ min: 1, max: 7 })
      .map((step): JsonObject => ({ type: 'integer', multipleOf: step, minimum: 5 })),
    bounded.map(({ low, span }): JsonObject => ({
      type: 'string',
      minLength: Math.abs(low),
      maxLength: Math.abs(low) + span,
    })),
    fc
      .constantFrom('date-time', 'date', 'email', 'uri', 'uuid', 'ipv4')
      .map((format): JsonObject => ({ type: 'string', format })),
    fc
      .constantFrom('^[A-Z]{3}$', '^\\d{5}$', '^[a-z_]+$', '^\\w+@\\w+\\.com$')
      .map((pattern): JsonObject => ({ type: 'string', pattern })),
    fc.constantFrom<JsonObject>(
      { enum: ['a', 2, null] },
      { const: { a: [1] } },
      { type: ['null', 'boolean'] },
      { type: 'null' },
      {},
    ),
    fc
      .record({ items: tie('schema'), minItems: fc.nat(3) })
      .map(({ items, minItems }): JsonObject => ({ type: 'array', items, minItems, maxItems: minItems + 1 })),
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('schema'), { maxKeys: 4 })
      .map((properties): JsonObject => ({
        type: 'object',
        properties,
        required: Object.keys(properties).slice(0, 2),
        additionalProperties: false,
      })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf): JsonObject => ({ anyOf })),
  ),
}))

test('the instance of any schema of these forms is valid', () => {
  fc.assert(
    fc.property(schema, (each) => assert.equal(validate(each), undefined)),
    { numRuns: 200 },
  )
})

test('references, recursion, joined schemas', () => {
  const node = {
    type: 'object',
    properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
    required: ['value', 'next'],
    additionalProperties: false,
  }
  assert.equal(validate({ $ref: '#/$defs/node', $defs: { node } }), undefined)
  const tree = {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#' } } },
    required: ['children'],
  }
  assert.equal(validate(tree), undefined)
  const joined = {
    allOf: [
      { properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { b: { const: 1 } }, required: ['b'] },
    ],
  }
  assert.equal(validate({ type: 'object', ...joined }), undefined)
  assert.equal(
    validate({ type: 'array', items: { type: 'string' }, minItems: 3, uniqueItems: true }),
    undefined,
  )
  assert.deepEqual(instanceOf({ type: 'OBJECT', properties: { ok: { type: 'BOOLEAN' } } }), { ok: true })
})

test('the schemas of recorded requests', (t) => {
  const found: JsonObject[] = []
  const collect = (value: Json | undefined) => {
    for (const key of ['schema', 'parameters', 'input_schema']) {
      const each = asObject(asObject(value)?.[key])
      if (each?.['type'] === 'object') found.push(each)
    }
    for (const member of Array.isArray(value) ? asArray(value) : Object.values(asObject(value) ?? {}))
      collect(member)
  }
  for (const entry of recordedEntries('openai-chat', 'openai-responses', 'anthropic-messages')) {
    collect(readRecorded(entry).request?.body)
  }
  if (found.length === 0) return t.skip('no recordings')
  const distinct = [...new Set(found.map((each) => JSON.stringify(each)))]
  const faults = distinct.flatMap((text) => validate(JSON.parse(text) as JsonObject) ?? [])
  t.diagnostic(`${distinct.length} schemas`)
  assert.deepEqual(faults, [])
})
