/** Every fault of an input file is told with its line, before anything of it is done; the file is read in bounded memory. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { readLines } from './json-lines.ts'
import { geminiEndpoint } from './request-line.ts'
import { validate, type ValidationRules } from './validate.ts'

const rules: ValidationRules = {
  endpoint: '/v1/chat/completions',
  maxLines: 1000,
  maxLineBytes: 500,
  parse(text) {
    try {
      return JSON.parse(text.toString()) as Json
    } catch {
      throw new GatewayError('invalid_request', 'The body is not valid JSON.')
    }
  },
  refusal: ({ body }) =>
    body['model'] === 'unknown'
      ? new GatewayError('model_not_found', 'The model `unknown` is not known.', { param: 'model' })
      : undefined,
}
const line = (change: object = {}) =>
  JSON.stringify({
    custom_id: 'a',
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'm' },
    ...change,
  })

async function* chunksOf(text: string | Buffer, size = 64): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const faults: readonly [what: string, text: string, expected: readonly (readonly [string, number?])[]][] = [
  ['no lines', '', [['empty_file']]],
  ['blank lines alone', '\n  \n\r\n', [['empty_file']]],
  ['a broken line', `${line()}\n{"custom_id": \n`, [['invalid_json_line', 2]]],
  [
    'a line that is no object',
    `[1]\n"x"`,
    [
      ['invalid_json_line', 1],
      ['invalid_json_line', 2],
    ],
  ],
  ['no id', line({ custom_id: undefined }), [['invalid_custom_id', 1]]],
  ['an id that is a number', line({ custom_id: 7 }), [['invalid_custom_id', 1]]],
  ['an id that is too long', line({ custom_id: 'x'.repeat(257) }), [['invalid_custom_id', 1]]],
  ['the same id twice', `${line()}\n${line({ custom_id: 'b' })}\n\n${line()}`, [['duplicate_custom_id', 4]]],
  ['another method', line({ method: 'GET' }), [['invalid_method', 1]]],
  ['another endpoint', line({ url: '/v1/embeddings' }), [['invalid_url', 1]]],
  ['no body', line({ body: undefined }), [['invalid_body', 1]]],
  ['a stream', line({ body: { model: 'm', stream: true } }), [['invalid_body', 1]]],
  ['a header of the provider', line({ headers: { 'openai-beta': 'x' } }), [['invalid_headers', 1]]],
  ['headers that are no object', line({ headers: ['x'] }), [['invalid_headers', 1]]],
  ['a header that is no text', line({ headers: { 'x-weir-user': 7 } }), [['invalid_headers', 1]]],
  [
    'a header that no request can have',
    line({ headers: { 'x-weir-user': 'a\0b' } }),
    [['invalid_headers', 1]],
  ],
  ['a model that nobody knows', line({ body: { model: 'unknown' } }), [['model_not_found', 1]]],
  [
    'a line that is too long',
    `${line({ body: { x: 'y'.repeat(600) } })}\n${line()}`,
    [['line_too_large', 1]],
  ],
]
for (const [what, text, expected] of faults) {
  test(`refused: ${what}`, async () => {
    const found = await validate(chunksOf(text), rules)
    assert.deepEqual(
      found.faults.map(({ code, line: at }) => (at === undefined ? [code] : [code, at])),
      expected,
    )
    assert.ok(found.faults.every(({ message }) => message.endsWith('.')))
  })
}

test('the list of faults ends somewhere, and so does a file that has too many lines', async () => {
  const broken = await validate(chunksOf('{\n'.repeat(900), 4096), rules)
  assert.equal(broken.faults.length, 101)
  assert.equal(broken.faults.at(-1)?.code, 'too_many_faults')
  const long = Array.from({ length: 1200 }, (_, n) => line({ custom_id: String(n) })).join('\n')
  assert.deepEqual((await validate(chunksOf(long, 4096), rules)).faults[0]?.code, 'too_many_lines')
})

test('a header may be as long as those of a request, and no longer', async () => {
  const long = { ...rules, maxLineBytes: 100_000 }
  const text = [16_384, 16_385].map((length, n) =>
    line({ custom_id: String(n), headers: { 'x-weir-tags': 'x'.repeat(length) } }),
  )
  const { faults } = await validate(chunksOf(text.join('\n'), 4096), long)
  assert.deepEqual(
    faults.map(({ code, line: at, param }) => [code, at, param]),
    [['invalid_headers', 2, 'headers.x-weir-tags']],
  )
})

test('lines of Gemini name their models in their paths', async () => {
  const gemini = { ...rules, endpoint: geminiEndpoint }
  const urls = ['/v1beta/models/a/b-1:generateContent', '/v1beta/models/x:countTokens', geminiEndpoint]
  const text = urls.map((url, n) => line({ url, custom_id: String(n) })).join('\n')
  const found = await validate(chunksOf(text), gemini)
  assert.deepEqual(
    found.faults.map(({ line: at }) => at),
    [2, 3],
  )
})

test('however a file is cut and ended, its lines are where they are said to be', async () => {
  const piece = fc.constantFrom('\n', '\r\n', 'ab', '{}', ' ', '\r', '\uFEFF', 'ä')
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      async (pieces, size) => {
        const whole = Buffer.from(pieces.join(''))
        const found = []
        for await (const lines of readLines(chunksOf(whole, size), 1000)) found.push(...lines)
        for (const { offset, bytes, text } of found) {
          assert.deepEqual(whole.subarray(offset, offset + bytes), text)
        }
        const expected = whole
          .toString()
          .split('\n')
          .map(
            (each, n) => [n + 1, (n === 0 ? each.replace(/^\uFEFF/, '') : each).replace(/\r$/, '')] as const,
          )
          .filter(([, each]) => !/^[ \t]*$/.test(each))
        assert.deepEqual(
          found.map(({ line: at, text }) => [at, text?.toString()]),
          expected,
        )
      },
    ),
  )
})
