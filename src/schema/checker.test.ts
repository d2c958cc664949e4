import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { GatewayError } from '../core/error.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { createSchemaChecker } from './checker.ts'
import { SchemaFault } from './fault.ts'

const checker = createSchemaChecker({ limitMs: 200 })
after(() => checker.close())

async function faults(schema: JsonObject, value: Json): Promise<readonly string[] | undefined> {
  return (await checker.compile(schema)).check(value, JSON.stringify(value))
}

async function faultOf(schema: Json): Promise<{ pointer: string; message: string }> {
  try {
    await checker.compile(schema)
  } catch (cause) {
    if (cause instanceof SchemaFault) return cause
    throw cause
  }
  throw new Error('it was taken')
}

test('a value is an instance, or its faults name their places', async () => {
  const schema = {
    type: 'object',
    properties: { id: { type: 'integer' }, when: { type: 'string', format: 'date' } },
    required: ['id'],
    additionalProperties: false,
  }
  assert.deepEqual(await faults(schema, { id: 1, when: '2026-11-27' }), [])
  assert.deepEqual(await faults(schema, { when: 'soon', more: 1 }), [
    "/: must have required property 'id'",
    '/: must NOT have additional properties (`more`)',
    '/when: must match format "date"',
  ])
})

test('the draft is the one that the schema names, or that it is written in', async () => {
  const tuple = { type: 'array', items: [{ type: 'number' }, { type: 'string' }], additionalItems: false }
  assert.deepEqual(await faults(tuple, [1, 'a']), [])
  assert.deepEqual(await faults(tuple, [1, 'a', 2]), ['/: must NOT have more than 2 items'])
  const newTuple = { type: 'array', prefixItems: [{ type: 'number' }], items: false }
  assert.deepEqual(await faults(newTuple, [1]), [])
  assert.notDeepEqual(await faults(newTuple, [1, 2]), [])
  const old = { $schema: 'http://json-schema.org/draft-07/schema#', ...tuple }
  assert.deepEqual(await faults(old, [1, 'a']), [])
  assert.equal((await faultOf({ $schema: 'https://example.com/mine' })).pointer, '/$schema')
})

test('the same name in two schemas is no clash', async () => {
  assert.deepEqual(await faults({ $id: 'https://example.com/a', type: 'string' }, 'x'), [])
  assert.notDeepEqual(await faults({ $id: 'https://example.com/a', type: 'number' }, 'x'), [])
})

test('what is no schema, leads outside, or has no end is refused with its place', async () => {
  const cases: readonly (readonly [Json, string, RegExp])[] = [
    ['text', '', /must be an object/],
    [{ properties: { a: 1 } }, '/properties/a', /object or a boolean/],
    [{ properties: { 'a/b': { $ref: 'other.json' } } }, '/properties/a~1b/$ref', /none is fetched/],
    [{ $dynamicRef: 'https://example.com' }, '/$dynamicRef', /none is fetched/],
    [{ items: { $ref: '#/$defs/none' } }, '/items/$ref', /leads nowhere/],
    [{ $ref: '#' }, '', /without an end/],
    [{ $defs: { a: { $ref: '#/$defs/b' }, b: { allOf: [{ $ref: '#/$defs/a' }] } } }, '/$defs/a', /without/],
    [{ minimum: 1, exclusiveMinimum: true }, '', /draft 4/],
    [{ properties: { a: { $id: 'x' } } }, '/properties/a/$id', /name of its own/],
    [{ pattern: '[' }, '/pattern', /regular expression/],
    [{ pattern: 'a'.repeat(2_000) }, '/pattern', /longer than/],
    [{ type: 'text' }, '', /not a valid JSON Schema/],
    [{ required: 'name' }, '', /not a valid JSON Schema/],
  ]
  for (const [schema, pointer, message] of cases) {
    const fault = await faultOf(schema)
    assert.equal(fault.pointer, pointer, JSON.stringify(schema))
    assert.match(fault.message, message)
  }
})

test('depth, size and number of keywords are bounded', async () => {
  let deep: JsonObject = {}
  for (let level = 0; level < 5_000; level++) deep = { not: deep }
  await assert.rejects(async () => checker.compile(deep), /nested deeper|stack/)
  assert.match((await faultOf({ description: 'x'.repeat(300_000) })).message, /bytes/)
  const many = Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`p${at}`, { type: 'string' }]))
  assert.match((await faultOf({ properties: many })).message, /more than 5000 keywords/)
})

test('a pattern that can explode is refused; one that only looks so is not', async () => {
  for (const pattern of ['^(a|a)*$', '^(\\w+\\s?)*$', '^foo(b*)*$']) {
    const fault = await faultOf({ properties: { a: { type: 'string', pattern } } })
    assert.equal(fault.pointer, '/properties/a/pattern', pattern)
  }
  for (const pattern of ['^[a-z0-9]+(?:-[a-z0-9]+)*$', '^[^@]+@[^@]+\\.[a-z]+$', '^(?=.*\\d).{3,}$']) {
    assert.ok(await checker.compile({ type: 'string', pattern }), pattern)
  }
  assert.deepEqual(await faults({ type: 'string', pattern: '^[^@]+@[^@]+\\.[a-z]+$' }, 'a@b.de'), [])
  assert.notDeepEqual(await faults({ type: 'string', pattern: '^[^@]+@[^@]+\\.[a-z]+$' }, 'a@b'), [])
})

test('a check that takes too long ends, and the next one is right again', async () => {
  // Quadratic: every probe passes, and a long text does not.
  const schema = { type: 'string', pattern: '\\s+x\\s+y$' }
  assert.equal(await faults(schema, ' '.repeat(200_000)), undefined)
  assert.deepEqual(await faults(schema, ' x y'), [])
})

test('a schema of thousands of keywords is compiled apart, and large values are checked there', async () => {
  const properties = Object.fromEntries(
    Array.from({ length: 900 }, (_, at) => [`p${at}`, { type: 'integer' }]),
  )
  const compiled = await checker.compile({ type: 'object', properties })
  const check = compiled.check({ p899: 'x' }, '{"p899":"x"}')
  assert.ok(check instanceof Promise)
  assert.deepEqual(await check, ['/p899: must be integer'])
  const list = await checker.compile({ type: 'array', items: { type: 'integer' } })
  const long = Array.from({ length: 50_000 }, (_, at) => at)
  assert.ok(list.check(long, JSON.stringify(long)) instanceof Promise)
})

test('alternatives that multiply are refused, and those that recurse are checked under a limit', async () => {
  const level = (at: number): JsonObject => ({ anyOf: Array(10).fill({ $ref: `#/$defs/l${at}` }) as Json[] })
  const $defs = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`l${at}`, level(at + 1)]))
  const fault = await faultOf({ $defs: { ...$defs, l12: { type: 'string' } }, $ref: '#/$defs/l0' })
  assert.match(fault.message, /would have to be tried/)

  const branch = { type: 'object', properties: { x: { $ref: '#' } }, required: ['x'] }
  const recursive = {
    anyOf: [branch, { ...branch, title: 'b' }, { ...branch, title: 'c' }, { type: 'number' }],
  }
  let deep: Json = 'no number'
  for (let depth = 0; depth < 40; depth++) deep = { x: deep }
  assert.equal(await faults(recursive, deep), undefined, 'it took too long')
  assert.deepEqual(await faults(recursive, { x: { x: 1 } }), [])
})

test('what recurses into a deeply nested value is a fault, and no crash', async () => {
  const schema = { $defs: { n: { type: 'array', items: { $ref: '#/$defs/n' } } }, $ref: '#/$defs/n' }
  let deep: Json = []
  for (let level = 0; level < 8_000; level++) deep = [deep]
  const found = await (await checker.compile(schema)).check(deep, '[]')
  assert.ok(found === undefined || found.length <= 1)
})

function codeOf(cause: unknown): string {
  return cause instanceof GatewayError ? cause.code : String(cause)
}

const manyProperties = (count: number, prefix: string): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${prefix}${at}`, { type: 'integer' }]))

test('a schema that found the thread busy is none to be refused: it is taken when there is room', async (t) => {
  const own = createSchemaChecker({ limitMs: 1000 })
  t.after(() => own.close())
  // Each has to be tried in the thread, which is soon done.
  const schemas = Array.from({ length: 400 }, (_, at) => ({ pattern: `^[a-z]+(?:-[a-z]+)*x{${at + 1}}$` }))
  const outcomes = await Promise.allSettled(schemas.map(async (schema) => own.compile(schema)))
  const busy = outcomes.map((outcome) => outcome.status === 'rejected' && codeOf(outcome.reason))
  const refused = busy.indexOf('overloaded')
  assert.ok(refused >= 0)
  assert.ok(await own.compile(schemas[refused]!))
})

test('one schema that many ask for at once counts once', async (t) => {
  const own = createSchemaChecker({ limitMs: 1000 })
  t.after(() => own.close())
  const text = 'x'.repeat(200_000)
  const large = { description: text, properties: manyProperties(300, 'p') }
  await Promise.all(Array.from({ length: 60 }, async () => own.compile(large)))
  await own.compile({ type: 'number' })
  assert.ok(!(own.compile(large) instanceof Promise), 'it is kept')
})
