/** Bodies are read within their limits, and the depth count agrees with the parser. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../core/error.ts'
import { measure, parseBody } from './body.ts'

const code = (run: () => unknown): string => {
  try {
    run()
    return 'ok'
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error)
  }
}

test('what is not JSON, not UTF-8 or too deep is told apart', () => {
  assert.equal(
    code(() => parseBody(Buffer.from('{"a": [1, 2]}'), 4)),
    'ok',
  )
  assert.equal(
    code(() => parseBody(Buffer.from('{"a": '), 4)),
    'invalid_request',
  )
  assert.equal(
    code(() => parseBody(Buffer.from(''), 4)),
    'invalid_request',
  )
  assert.equal(
    code(() => parseBody(Buffer.from([0x22, 0xc3, 0x28, 0x22]), 4)),
    'invalid_request',
  )
  assert.equal(
    code(() => parseBody(Buffer.from('[[[[1]]]]'), 4)),
    'ok',
  )
  assert.equal(
    code(() => parseBody(Buffer.from('[[[[[1]]]]]'), 4)),
    'request_too_large',
  )
})

test('a number that JSON cannot carry back is refused, one that only looks long is not', () => {
  for (const text of ['1e400', '[{"a": -1E+999}]', '{"e": 1.5e309}']) {
    assert.equal(
      code(() => parseBody(Buffer.from(text), 4)),
      'invalid_request',
    )
  }
  for (const text of ['1e300', '"1e400"', '{"1e400": true}', '[1E-400, null]']) {
    assert.equal(
      code(() => parseBody(Buffer.from(text), 4)),
      'ok',
    )
  }
})

test('five million brackets are refused without being parsed', () => {
  const bomb = Buffer.alloc(5_000_000, '[')
  assert.equal(
    code(() => parseBody(bomb, 64)),
    'request_too_large',
  )
})

test('brackets inside of strings do not count, escaped quotes do not end them', () => {
  const text = JSON.stringify({ a: '[[[[[{{{{"\\"[[[,,,:::' })
  assert.deepEqual(measure(Buffer.from(text), 1), { depth: 1, members: 2, values: 0, hasExponent: false })
})

test('the counts are those of every JSON value', () => {
  const partsOf = (value: unknown): { depth: number; members: number; values: number } => {
    if (typeof value !== 'object' || value === null) return { depth: 0, members: 0, values: 0 }
    const inner = Object.values(value).map(partsOf)
    const sum = (count: (parts: { members: number; values: number }) => number) =>
      inner.reduce((total, parts) => total + count(parts), 0)
    const names = Array.isArray(value) ? 0 : inner.length
    return {
      depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
      members: 1 + names + sum(({ members }) => members),
      values: Math.max(0, inner.length - 1) + sum(({ values }) => values),
    }
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = Buffer.from(JSON.stringify(value))
      const parts = partsOf(JSON.parse(bytes.toString()))
      const { hasExponent: _, ...measured } = measure(bytes, parts.depth)
      assert.deepEqual(measured, parts)
      if (parts.depth > 0) assert.equal(measure(bytes, parts.depth - 1).depth, parts.depth)
    }),
  )
})

test('what is small and of very many parts is refused without being parsed, whatever they are', () => {
  const of = (part: string, count: number) => Buffer.from(`[${`${part},`.repeat(count)}0]`)
  for (const [part, most] of [
    ['{}', 99_000],
    ['[]', 99_000],
    ['{"a":0}', 49_000],
    ['0', 999_000],
  ] as const) {
    assert.equal(
      code(() => parseBody(of(part, most), 4)),
      'ok',
      part,
    )
    assert.equal(
      code(() => parseBody(of(part, most + 2_000), 4)),
      'request_too_large',
      part,
    )
  }
  const names = Array.from({ length: 100_001 }, (_, n) => `"${n}":0`)
  assert.equal(
    code(() => parseBody(Buffer.from(`{${names.join()}}`), 4)),
    'request_too_large',
  )
})
