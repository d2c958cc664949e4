import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../core/error.ts'
import type { Frame } from './frame.ts'
import { encodeSse, SseParser } from './sse.ts'

function parse(pieces: Iterable<Uint8Array>, parser = new SseParser()): Frame[] {
  const frames: Frame[] = []
  for (const piece of pieces) frames.push(...parser.push(piece))
  frames.push(...parser.end())
  return frames
}

const parseText = (text: string) => parse([Buffer.from(text)])

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

test('the rules of the standard', async (t) => {
  const rows: [name: string, text: string, frames: Frame[]][] = [
    ['one event', 'data: a\n\n', [{ data: 'a' }]],
    ['a name', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
    ['no space after the colon', 'data:a\n\n', [{ data: 'a' }]],
    ['only one space is syntax', 'data:  a\n\n', [{ data: ' a' }]],
    ['several data lines', 'data: a\ndata\ndata:b\n\n', [{ data: 'a\n\nb' }]],
    ['empty data is an event', 'data:\n\ndata\n\n', [{ data: '' }, { data: '' }]],
    ['a name without data is none', 'event: x\n\ndata: a\n\n', [{ data: 'a' }]],
    ['the last name counts', 'event: x\nevent: y\ndata: a\n\n', [{ event: 'y', data: 'a' }]],
    ['an empty name is no name', 'event: x\nevent\ndata: a\n\n', [{ data: 'a' }]],
    ['CR', 'data: a\rdata: b\r\r', [{ data: 'a\nb' }]],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', [{ data: 'a' }, { data: 'b' }]],
    ['mixed ends', 'data: a\n\rdata: b\r\n\ndata: c\n\r\n', [{ data: 'a' }, { data: 'b' }, { data: 'c' }]],
    ['comments', ': hello\n\n:\ndata: a\n: within\n\n', [{ data: 'a' }]],
    ['id, retry and unknown fields', 'id: 1\nretry: 5\nfoo: x\nbar\ndata: a\n\n', [{ data: 'a' }]],
    [
      'a byte order mark at the start',
      '\uFEFFdata: a\n\ndata: \uFEFFb\n\n',
      [{ data: 'a' }, { data: '\uFEFFb' }],
    ],
    ['a second byte order mark is a name', '\uFEFF\uFEFFdata: a\n\ndata: b\n\n', [{ data: 'b' }]],
    ['names are case-sensitive', 'Data: a\n data: b\ndata: c\n\n', [{ data: 'c' }]],
    ['no last blank line', 'data: a\n\ndata: b\n', [{ data: 'a' }]],
    ['no last line end', 'data: a\n\ndata: b', [{ data: 'a' }]],
    ['a line separator of Unicode is text', 'data: a\u2028b\u0085c\n\n', [{ data: 'a\u2028b\u0085c' }]],
    ['nothing', '', []],
  ]
  for (const [name, text, frames] of rows) {
    await t.test(name, () => {
      const bytes = Buffer.from(text)
      assert.deepEqual(parseText(text), frames)
      const bytewise = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
      assert.deepEqual(parse(bytewise), frames)
    })
  }
})

const streamText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('data: ', 'data:', 'event: ', ': ', 'id: ', '\uFEFF', 'data') },
      { weight: 6, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\r') },
      { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join('')))
const anyBytes = fc.oneof(
  streamText,
  fc
    .uint8Array({ maxLength: 60 })
    .map((bytes) => Buffer.concat([Buffer.from('data: '), bytes, Buffer.from('\n\n')])),
)

test('any chunking gives the same frames and the same verdicts, even of invalid UTF-8', () => {
  fc.assert(
    fc.property(anyBytes, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
      const whole = new SseParser()
      const cut = new SseParser()
      assert.deepEqual(parse(split(bytes, cuts), cut), parse([bytes], whole))
      assert.equal(cut.hasPartial, whole.hasPartial)
      assert.equal(cut.isOnlyComments, whole.isOnlyComments)
    }),
    { numRuns: 2000 },
  )
})

test('what is encoded is read back; line ends within data become line feeds', () => {
  const frame = fc.record(
    { event: fc.stringMatching(/^[a-z._]{1,12}$/), data: fc.string({ unit: 'grapheme' }) },
    { requiredKeys: ['data'] },
  )
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      const text = frames.map(encodeSse).join('')
      const expected = frames.map((f) => ({ ...f, data: f.data.replaceAll(/\r\n?/g, '\n') }))
      assert.deepEqual(parseText(text), expected)
    }),
  )
})

test('an event without its blank line is lost, and the parser says so', () => {
  const verdict = (text: string) => {
    const parser = new SseParser()
    parser.push(Buffer.from(text))
    assert.deepEqual(parser.end(), [])
    return parser.hasPartial
  }
  assert.equal(verdict(''), false)
  assert.equal(verdict('data: a\n\n'), false)
  assert.equal(verdict(': comment\n'), false)
  assert.equal(verdict('data: a\n'), true)
  assert.equal(verdict('data: a'), true)
  assert.equal(verdict('data: a\n\nevent: x\n'), true)
})

test('comments alone are told apart from an answer', () => {
  const parser = new SseParser()
  const after = (text: string) => {
    parser.push(Buffer.from(text))
    return parser.isOnlyComments
  }
  assert.equal(parser.isOnlyComments, true)
  assert.equal(after(': keepalive\n\n'), true)
  assert.equal(after(': cut in the mid'), true)
  assert.equal(after('dle\n'), true)
  assert.equal(after('da'), false)
  assert.equal(after('ta: a\n\n'), false)
})

test('a line above the limit is refused, however it is cut', () => {
  const isRefused = (text: string, size: number) => {
    const parser = new SseParser(16)
    const bytes = Buffer.from(text)
    try {
      for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size))
      return false
    } catch (error) {
      assert.ok(error instanceof GatewayError)
      assert.equal(error.code, 'upstream_protocol')
      return true
    }
  }
  for (const size of [1, 2, 5, 100]) {
    assert.equal(
      isRefused('data: 0123456789\n\ndata: 0123456789\r\n\r\n', size),
      false,
      `16 bytes by ${size}`,
    )
    assert.equal(isRefused('data: 0123456789A\n\n', size), true, `17 bytes by ${size}`)
    assert.equal(
      isRefused('data: \u00e9\u00e9\u00e9\u00e9\u00e9\n\n', size),
      false,
      `16 bytes of UTF-8 by ${size}`,
    )
    assert.equal(
      isRefused('data: \u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\n\n', size),
      true,
      `18 bytes of UTF-8 by ${size}`,
    )
    assert.equal(isRefused(`${'data: abcd\n'.repeat(8)}\n`, size), true, `one event of many lines by ${size}`)
    assert.equal(isRefused('x'.repeat(40), size), true, `no line end by ${size}`)
  }
})
