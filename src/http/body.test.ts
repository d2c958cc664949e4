/** Bodies are read within their limits. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../core/error.ts'
import { parseBody } from './body.ts'

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
