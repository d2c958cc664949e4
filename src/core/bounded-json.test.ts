/** The counts agree with the parser, and what is of too many parts is not parsed. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasTooManyParts, measure, parseBounded } from './bounded-json.ts'

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

test('text of others is parsed as text is, up to more parts than any answer has', () => {
  const logprobs = (tokens: number) => ({
    content: Array.from({ length: tokens }, () => ({ token: 'a', logprob: -1, bytes: [97] })),
  })
  const vectors = Array.from({ length: 1000 }, () => Array.from({ length: 1536 }, () => 0.5))
  for (const value of [null, { a: [1, { b: 'c' }] }, logprobs(150_000), vectors]) {
    assert.deepEqual(parseBounded(JSON.stringify(value)), value)
  }
  assert.equal(parseBounded('{"a":'), undefined)
  const many = (part: string, count: number) => `[${`${part},`.repeat(count)}0]`
  const hostile = {
    objects: many('{}', 1_100_000),
    lists: many('[]', 1_100_000),
    names: many('{"a":0,"b":0}', 400_000),
    values: many('0', 4_100_000),
    levels: '['.repeat(300_000) + ']'.repeat(300_000),
  }
  for (const [what, text] of Object.entries(hostile)) {
    assert.equal(parseBounded(text), undefined, what)
    assert.equal(hasTooManyParts(Buffer.from(text)), true, what)
  }
})
