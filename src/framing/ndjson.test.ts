import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { encodeNdjson, NdjsonParser } from './ndjson.ts'

function parse(bytes: Buffer, size: number, parser = new NdjsonParser()): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += size) {
    for (const { data } of parser.push(bytes.subarray(at, at + size))) lines.push(data)
  }
  for (const { data } of parser.end()) lines.push(data)
  return lines
}

test('one frame a line, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      (values, size, ended) => {
        const texts = values.map((value) => JSON.stringify(value))
        const text = texts.map((data) => encodeNdjson({ data })).join('')
        assert.deepEqual(parse(Buffer.from(ended ? text : text.trimEnd()), size), texts)
      },
    ),
  )
})

test('blank lines and CRLF', () => {
  assert.deepEqual(parse(Buffer.from('{"a":1}\r\n\r\n\n {"b":2} \n'), 3), ['{"a":1}', '{"b":2}'])
})

test('a line that has not ended is a partial frame', () => {
  const parser = new NdjsonParser()
  parser.push(Buffer.from('{"a":1}\n{"b"'))
  assert.equal(parser.hasPartial, true)
  parser.push(Buffer.from(':2}\n'))
  assert.equal(parser.hasPartial, false)
})

test('a line above the limit is refused', () => {
  assert.throws(() => parse(Buffer.from('"0123456789"'), 4, new NdjsonParser(8)), {
    code: 'upstream_protocol',
  })
})
