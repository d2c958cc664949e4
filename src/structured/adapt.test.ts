import assert from 'node:assert/strict'
import test from 'node:test'
import { schemaSubsets } from '../providers/schema-subsets.ts'
import { adaptSchema } from './adapt.ts'

const strict = schemaSubsets['openai-strict']

test('a schema that fits is the very same object', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Of the person.' },
      tree: { $ref: '#/$defs/tree' },
    },
    required: ['name', 'tree'],
    additionalProperties: false,
    $defs: {
      tree: {
        type: 'object',
        properties: { children: { type: 'array', items: { $ref: '#/$defs/tree' } } },
        required: ['children'],
        additionalProperties: false,
      },
    },
  }
  assert.equal(adaptSchema(schema, strict)?.schema, schema)
  assert.equal(adaptSchema(schema, schemaSubsets.whole)?.schema, schema)
  assert.equal(adaptSchema(schema, schemaSubsets.gemini)?.schema, schema)
  assert.equal(adaptSchema(schema, schemaSubsets.anthropic), undefined, 'it recurses')
})

test('what strict decoding does not know is moved, optional members may be null, objects are closed', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 2 },
      age: { type: 'integer', minimum: 0 },
      site: { type: 'string', format: 'uri' },
      kind: { oneOf: [{ const: 'a' }, { const: 'b' }] },
    },
    required: ['name', 'kind'],
  }
  assert.deepEqual(adaptSchema(schema, strict), {
    schema: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        age: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
        site: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        kind: { anyOf: [{ const: 'a' }, { const: 'b' }] },
      },
      required: ['name', 'age', 'site', 'kind'],
      additionalProperties: false,
    },
    moved: ['/properties/name: minLength 2', '/properties/site: format "uri"'],
  })
})

test('Anthropic: bounds and patterns are moved, optional members stay so', () => {
  const schema = {
    type: 'object',
    properties: { n: { type: 'integer', maximum: 9 }, zip: { type: 'string', pattern: '^[0-9]{5}$' } },
    required: ['n'],
  }
  assert.deepEqual(adaptSchema(schema, schemaSubsets.anthropic), {
    schema: {
      type: 'object',
      properties: { n: { type: 'integer' }, zip: { type: 'string' } },
      required: ['n'],
      additionalProperties: false,
    },
    moved: ['/properties/n: maximum 9', '/properties/zip: pattern "^[0-9]{5}$"'],
  })
})

test('Gemini: const is an enum of one', () => {
  const schema = { type: 'object', properties: { a: { const: 'x' } } }
  assert.deepEqual(adaptSchema(schema, schemaSubsets.gemini)?.schema, {
    type: 'object',
    properties: { a: { enum: ['x'] } },
  })
})

test('`allOf` of one reference is that reference', () => {
  const schema = {
    type: 'object',
    properties: { a: { allOf: [{ $ref: '#/$defs/a' }], description: 'Why.' } },
    required: ['a'],
    additionalProperties: false,
    $defs: { a: { type: 'string' } },
  }
  assert.deepEqual(adaptSchema(schema, strict)?.schema['properties'], {
    a: { $ref: '#/$defs/a', description: 'Why.' },
  })
})

test('structures that a closed schema cannot say have no native form', () => {
  const within = (a: object) => ({ type: 'object', properties: { a }, required: ['a'] })
  for (const part of [
    { type: 'object', additionalProperties: { type: 'string' } },
    { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: true },
    { type: 'array', prefixItems: [{ type: 'string' }] },
    { type: 'object', patternProperties: { '^x': { type: 'string' } } },
    { allOf: [{ type: 'object' }, { required: ['b'] }] },
    { type: 'array' },
    {},
  ]) {
    assert.equal(adaptSchema(within(part) as never, strict), undefined, JSON.stringify(part))
  }
  assert.equal(adaptSchema({ type: 'array', items: { type: 'string' } }, strict), undefined)
  assert.equal(adaptSchema({ anyOf: [{ type: 'object' }] }, strict), undefined)
})
