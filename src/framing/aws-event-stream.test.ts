import assert from 'node:assert/strict'
import test from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { readRecorded, recordedEntries } from '../../test/support/recorded.ts'
import {
  AwsEventStreamParser,
  encodeAwsEventStream,
  encodeAwsMessage,
  stringHeader,
} from './aws-event-stream.ts'
import { crc32 } from './crc32.ts'
import type { Frame } from './frame.ts'

function parse(pieces: Iterable<Uint8Array>, parser = new AwsEventStreamParser()): Frame[] {
  const frames: Frame[] = []
  for (const piece of pieces) frames.push(...parser.push(piece))
  return [...frames, ...parser.end()]
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

const refused = { name: 'GatewayError', code: 'upstream_protocol' }

// One of the test vectors that AWS's SDKs share: a message of one header.
const published = Buffer.from(
  '0000003d0000002007fd8396' +
    '0c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e' +
    '7b27666f6f273a27626172277d8d9c08b1',
  'hex',
)

test('the checksum is that of zlib, also in pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      assert.equal(crc32(a), zlibCrc32(a))
      assert.equal(crc32(b, crc32(a)), zlibCrc32(Buffer.concat([a, b])))
    }),
  )
})

test('a published message is what the encoder writes', () => {
  const headers = stringHeader('content-type', 'application/json')
  assert.deepEqual(encodeAwsMessage(headers, Buffer.from("{'foo':'bar'}")), published)
  assert.deepEqual(parse([published]), []) // it has no type
})

const frame = fc
  .tuple(
    fc.constantFrom('messageStart', 'contentBlockDelta', 'metadata', 'throttlingException'),
    fc.string({ unit: 'grapheme' }),
  )
  .map(([event, data]): Frame => ({ event, data }))

test('what is encoded is read back, however it is split', () => {
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(encodeAwsEventStream))
      const parser = new AwsEventStreamParser()
      assert.deepEqual(parse(split(bytes, cuts), parser), frames)
      assert.equal(parser.hasPartial, false)
      const bytewise = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
      assert.deepEqual(parse(bytewise), frames)
    }),
    { numRuns: 200 },
  )
})

/** A header of any type: name, type and value. */
const anyHeader = fc.oneof(
  ...[0, 0, 1, 2, 4, 8].map((size, type) => fc.tuple(fc.constant(type), bytesOf(size))),
  fc.tuple(fc.constant(6), counted()),
  fc.tuple(fc.constant(8), bytesOf(8)),
  fc.tuple(fc.constant(9), bytesOf(16)),
)

function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length })
}

function counted(): fc.Arbitrary<Uint8Array> {
  return fc
    .uint8Array({ maxLength: 300 })
    .map((value) => Buffer.from([value.length >> 8, value.length & 255, ...value]))
}

test('headers of every type are read over', () => {
  fc.assert(
    fc.property(fc.array(anyHeader), fc.array(anyHeader), (before, after) => {
      const raw = (headers: readonly [number, Uint8Array][]) =>
        headers.map(([type, value], at) => Buffer.concat([Buffer.from([1, 97 + (at % 26), type]), value]))
      const headers = [...raw(before), stringHeader(':event-type', 'ping'), ...raw(after)]
      const message = encodeAwsMessage(Buffer.concat(headers), Buffer.from('{}'))
      assert.deepEqual(parse([message]), [{ event: 'ping', data: '{}' }])
    }),
  )
})

test('exceptions and errors have their own names', () => {
  const message = (...headers: [string, string][]) =>
    encodeAwsMessage(
      Buffer.concat(headers.map(([name, value]) => stringHeader(name, value))),
      Buffer.from('x'),
    )
  const exception = message([':message-type', 'exception'], [':exception-type', 'throttlingException'])
  assert.deepEqual(parse([exception]), [{ event: 'throttlingException', data: 'x' }])
  const error = message(
    [':message-type', 'error'],
    [':error-code', 'InternalError'],
    [':error-message', 'no'],
  )
  assert.deepEqual(parse([error]), [
    { event: 'InternalError', data: '{"__type":"InternalError","message":"no"}' },
  ])
})

test('a flipped bit anywhere is found', () => {
  const bytes = encodeAwsEventStream({ event: 'contentBlockDelta', data: '{"delta":{"text":"hi"}}' })
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    assert.throws(() => parse([flipped]), refused, `bit ${bit}`)
  }
})

test('a cut message is no frame, and the parser says so', () => {
  const bytes = encodeAwsEventStream({ event: 'metadata', data: '{}' })
  for (let end = 0; end < bytes.length; end++) {
    const parser = new AwsEventStreamParser()
    assert.deepEqual(parse([bytes.subarray(0, end)], parser), [])
    assert.equal(parser.hasPartial, end > 0)
  }
})

test('broken headers and lengths are refused, whatever their checksums say', () => {
  const withHeaders = (...bytes: number[]) => encodeAwsMessage(Buffer.from(bytes), Buffer.from(''))
  for (const headers of [
    [5, 97],
    [1, 97],
    [1, 97, 10],
    [1, 97, 7],
    [1, 97, 7, 0, 9, 97],
    [1, 97, 9, 1],
  ]) {
    assert.throws(() => parse([withHeaders(...headers)]), refused, headers.join(' '))
  }
  const prelude = (size: number, headerBytes: number) => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32BE(size, 0)
    bytes.writeUInt32BE(headerBytes, 4)
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
    return bytes
  }
  assert.throws(() => parse([prelude(0, 0)]), refused)
  assert.throws(() => parse([prelude(16, 1)]), refused)
})

test('a message above the limit is refused as soon as its size is known', () => {
  const bytes = encodeAwsEventStream({ event: 'metadata', data: '{"a":"0123456789"}' })
  assert.equal(parse([bytes], new AwsEventStreamParser(bytes.length)).length, 1)
  const small = new AwsEventStreamParser(bytes.length - 1)
  assert.throws(() => small.push(bytes.subarray(0, 12)), refused)
})

test('every recorded stream parses to what was recorded', (t) => {
  let streams = 0
  for (const entry of recordedEntries('bedrock-converse')) {
    const { eventstream_base64: base64, eventstream_decoded: decoded } = readRecorded(entry).response
    if (base64 === undefined || decoded === undefined) continue
    const expected = decoded.map(({ headers, payload }) => [headers?.[':event-type'], payload])
    const frames = parse([Buffer.from(base64, 'base64')])
    assert.deepEqual(
      frames.map(({ event, data }) => [event, JSON.parse(data)]),
      expected,
      entry.file,
    )
    streams++
  }
  if (streams === 0) t.skip('no recordings')
  t.diagnostic(`${streams} streams`)
})
