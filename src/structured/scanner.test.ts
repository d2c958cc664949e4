import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../core/json.ts'
import { JsonScanner, type ScanOptions } from './scanner.ts'

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer' },
    kind: { enum: ['a', 'b'] },
    tags: { type: 'array', items: { type: 'string' } },
    note: { type: 'string' },
  },
  required: ['name'],
  additionalProperties: false,
}

/** What is given out for a text that comes in pieces, and what was found. */
function scan(text: string, sizes: readonly number[] = [text.length], given: Partial<ScanOptions> = {}) {
  const scanner = new JsonScanner({ schema, repair: 'shape', showsText: true, ...given })
  let out = ''
  let at = 0
  for (let step = 0; at < text.length; step++) {
    const size = Math.max(1, sizes[step % sizes.length] ?? 1)
    out += scanner.push(text.slice(at, at + size))
    at += size
  }
  out += scanner.end(true)
  return { out, fault: scanner.fault, mends: [...scanner.mends] }
}

test('JSON passes as it is, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 4 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      fc.constantFrom(0, 1, 2),
      (json, sizes, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent)
        for (const showsText of [true, false]) {
          const { out, fault, mends } = scan(text, sizes, { schema: {}, showsText })
          assert.deepEqual({ out, fault, mends }, { out: text, fault: undefined, mends: [] })
        }
      },
    ),
  )
})

test('broken or not, the pieces in which a text comes change nothing', () => {
  const pieces =
    '{ } [ ] , : " \' \\ \\u00e9 ```json\n true None 12 -1.5e3 name age kind tags a b // c\n /* d */ x'
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces.split(' ')), { maxLength: 24 }).map((parts) => parts.join('')),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
      (text, sizes) => {
        const whole = scan(text)
        const cut = scan(text, sizes)
        assert.deepEqual(
          { fault: cut.fault, mends: cut.mends, out: cut.fault ? '' : cut.out },
          { fault: whole.fault, mends: whole.mends, out: whole.fault ? '' : whole.out },
        )
        // What comes out without a fault is JSON.
        if (whole.fault === undefined) JSON.parse(whole.out)
      },
    ),
    { numRuns: 400 },
  )
})

test('what is written otherwise is mended', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['```json\n{"name":"x"}\n```', '{"name":"x"}', ['around']],
    ['Here: {"name":"x"} and more {}', '{"name":"x"}', ['around']],
    ['{"name":"x","tags":["a",],}', '{"name":"x","tags":["a"]}', ['comma']],
    ["{'name': 'it\\'s \"x\"'}", '{"name": "it\'s \\"x\\""}', ['quotes']],
    ['{name: "x"}', '{"name": "x"}', ['quotes']],
    ['{"name":"a\nb"}', '{"name":"a\\nb"}', ['control']],
    ['{"name":"x" /* y */, // z\n "age": 1}', '{"name":"x" ,  "age": 1}', ['comment']],
    ['{"name":"x","age":"42"}', '{"name":"x","age":42}', ['scalar']],
    ['{"why":{"a":[1,{"b":2}]},"name":"x"}', '{"name":"x"}', ['extra']],
    ['{"name":"x","note":null}', '{"name":"x"}', ['absent']],
    ['{"name":"x","tags":["a","b', '{"name":"x","tags":["a"]}', ['cut']],
    ['{"name":"x","age":12', '{"name":"x"}', ['cut']],
    ['{"name":"x","why":{"a":[1', '{"name":"x"}', ['extra', 'cut']],
    ['{"name":"x","why":"becau', '{"name":"x"}', ['extra', 'cut']],
  ]
  for (const [text, out, mends] of cases) {
    assert.deepEqual(scan(text, [text.length], { showsText: false }), { out, fault: undefined, mends })
  }
})

test('what cannot become valid is known as soon as it is read', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{"name":1', /^\/name: must not be of type number|not complete/],
    ['{"name":{', /^\/name: must not be of type object/],
    ['{"name":"x","age":1.5,', /^\/age: must be an integer/],
    ['{"name":"x","kind":"ac', /^\/kind: must be equal to one of/],
    ['{"name":"x","tags":[1,', /^\/tags\/0: must not be of type number/],
    ['{"age":1}', /^\/: must have required property 'name'/],
  ]
  for (const [text, fault] of cases) {
    const scanner = new JsonScanner({ schema, repair: 'shape', showsText: true })
    scanner.push(`${text} `)
    assert.match(scanner.fault ?? '', fault, text)
  }
})

test('nothing is given out before a value has begun that fits', () => {
  const scanner = new JsonScanner({ schema, repair: 'shape', showsText: true })
  assert.equal(scanner.push('{ "name"'), '')
  assert.equal(scanner.push(' : '), '')
  assert.equal(scanner.push('"B'), '{ "name" : "B')
  assert.equal(scanner.push('o'), 'o')
})

test('without repair the text must be JSON', () => {
  for (const text of [
    '```{"name":"x"}```',
    '{"name":"x",}',
    "{'name':'x'}",
    '{"name":"x"',
    '{"name":"x","z":1}',
  ]) {
    assert.notEqual(scan(text, [3], { repair: 'none' }).fault, undefined, text)
  }
})

test('alternatives, references and tuples are followed', () => {
  const node: JsonObject = {
    type: 'object',
    properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
    required: ['value'],
    additionalProperties: false,
  }
  const chain = { $defs: { node }, $ref: '#/$defs/node' }
  assert.equal(scan('{"value":1,"next":{"value":2,"next":null}}', [3], { schema: chain }).fault, undefined)
  assert.match(
    scan('{"value":1,"next":{"value":"x"}}', [3], { schema: chain }).fault ?? '',
    /^\/next\/value: must not be of type string/,
  )
  const pair = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }
  assert.equal(scan('["a",1]', [1], { schema: pair }).fault, undefined)
  assert.match(scan('["a","b"]', [1], { schema: pair }).fault ?? '', /^\/1: must not be of type string/)
})

test('a thousand levels and a long text take no longer than they should', () => {
  const depth = 1_000
  const text = '['.repeat(depth) + ']'.repeat(depth)
  assert.equal(scan(text, [5], { schema: {} }).out, text)
})
