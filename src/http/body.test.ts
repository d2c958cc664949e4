/** Bodies are read within their limits, and the depth count agrees with the parser. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../core/error.ts'
import { exceedsDepth, parseBody } from './body.ts'

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
  assert.equal(exceedsDepth(Buffer.from(JSON.stringify({ a: '[[[[[{{{{"\\"[[[' })), 1), false)
})

test('the count is the depth of every JSON value', () => {
  const depth = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = Buffer.from(JSON.stringify(value))
      const levels = depth(JSON.parse(bytes.toString()))
      return !exceedsDepth(bytes, levels) && (levels === 0 || exceedsDepth(bytes, levels - 1))
    }),
  )
})
