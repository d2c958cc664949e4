import assert from 'node:assert/strict'
import test from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import fc from 'fast-check'
import { generatedSchemas, handwritten } from '../../bench/contract-schemas.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { isObject } from '../../src/core/json.ts'
import { schemaSubsets } from '../../src/providers/schema-subsets.ts'
import { instanceOf } from '../../src/simulator/instance.ts'
import { adaptSchema } from '../../src/structured/adapt.ts'
import { JsonScanner } from '../../src/structured/scanner.ts'

const { draft7: _old, ...current } = handwritten
const schemas = [...Object.values(current), ...generatedSchemas(120, 3)]
const ajv = new Ajv2020({ strict: false, logger: false })
formatsPlugin.default(ajv)
const cases = schemas
  .map((schema) => ({ schema, validate: ajv.compile(schema), instance: instanceOf(schema) }))
  .filter(({ validate, instance }) => validate(instance))

function scan(schema: JsonObject, text: string, repair: 'none' | 'shape') {
  const scanner = new JsonScanner({ schema, repair, showsText: true })
  const out = scanner.push(text) + scanner.end(false)
  return { out, fault: scanner.fault, mends: scanner.mends }
}

/** The value with one of its parts replaced or left out. */
function spoiled(value: Json, picks: readonly number[], other: Json): Json {
  const [pick = 0, ...rest] = picks
  if (isObject(value) && rest.length > 0) {
    const names = Object.keys(value)
    const name = names[pick % Math.max(1, names.length)]
    if (name === undefined) return other
    if (pick % 5 === 4) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
    return { ...value, [name]: spoiled(value[name] ?? null, rest, other) }
  }
  if (Array.isArray(value) && value.length > 0 && rest.length > 0) {
    const items = value as readonly Json[]
    const at = pick % items.length
    return items.map((item, index) => (index === at ? spoiled(item, rest, other) : item))
  }
  return other
}

const spoiling = fc.tuple(
  fc.integer({ min: 0, max: cases.length - 1 }),
  fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
)

test('an instance is followed to its end, in its own bytes', () => {
  assert.ok(cases.length > 150)
  for (const { schema, instance } of cases) {
    const text = JSON.stringify(instance, null, 2)
    assert.deepEqual(scan(schema, text, 'none'), { out: text, fault: undefined, mends: new Set() })
  }
})

test('only what cannot be valid is stopped', () => {
  fc.assert(
    fc.property(spoiling, ([at, picks, other]) => {
      const { schema, validate, instance } = cases[at]!
      const value = spoiled(instance, picks, other)
      const { fault } = scan(schema, JSON.stringify(value), 'none')
      if (fault !== undefined) assert.equal(validate(value), false, fault)
    }),
    { numRuns: 2_000 },
  )
})

test('an answer that is valid is not changed by what may be mended', () => {
  fc.assert(
    fc.property(spoiling, ([at, picks, other]) => {
      const { schema, validate, instance } = cases[at]!
      const value = spoiled(instance, picks, other)
      if (!validate(value)) return
      const text = JSON.stringify(value)
      assert.deepEqual(scan(schema, text, 'shape'), { out: text, fault: undefined, mends: new Set() })
    }),
    { numRuns: 1_000 },
  )
})

test('every instance of a schema is one of the schema that is sent', () => {
  for (const [name, subset] of Object.entries(schemaSubsets)) {
    if ('requiresAll' in subset) continue // there, what is left out is sent as null
    for (const { schema, instance } of cases.slice(0, 90)) {
      const adapted = adaptSchema(schema, subset)
      if (adapted === undefined || adapted.schema === schema) continue
      assert.ok(ajv.validate(adapted.schema, instance), `${name}: ${JSON.stringify(adapted.schema)}`)
    }
  }
})
