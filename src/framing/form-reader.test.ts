/** A form read in pieces is the same form, however it is cut; one that is not whole or could be read in two ways is refused. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FormReader } from './form-reader.ts'

const form = (parts: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(([disposition, content]) => [
      Buffer.from(`--xyz\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      content,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--xyz--\r\n'),
  ])

function read(bytes: Buffer, cuts: readonly number[]): [string, string | undefined, string][] {
  const reader = new FormReader('xyz')
  const found: [string, string | undefined, string][] = []
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  for (let index = 1; index < edges.length; index++) {
    for (const event of reader.push(bytes.subarray(edges[index - 1], edges[index]))) {
      if (event.type === 'part') found.push([event.head.name, event.head.filename, ''])
      if (event.type === 'data') found.at(-1)![2] += event.bytes.toString('latin1')
    }
  }
  reader.end()
  return found
}

test('however a form is cut, it reads the same', () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    // Nearly the delimiter.
    fc
      .array(fc.constantFrom('\r\n', '--', '--xy', 'z', '\r', 'x'), { maxLength: 20 })
      .map((pieces) => Buffer.from(pieces.join(''))),
  )
  fc.assert(
    fc.property(content, fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
      fc.pre(!bytes.includes('\r\n--xyz'))
      const whole = form([
        ['name="purpose"', Buffer.from('batch')],
        ['name="file"; filename="a.jsonl"', bytes],
      ])
      assert.deepEqual(read(whole, cuts), [
        ['purpose', undefined, 'batch'],
        ['file', 'a.jsonl', bytes.toString('latin1')],
      ])
    }),
  )
})

test('a form that is cut off, goes on, or has no plain names is refused', () => {
  const whole = form([['name="a"', Buffer.from('1')]])
  for (let end = 0; end < whole.length - 2; end++) {
    assert.throws(() => read(whole.subarray(0, end), []), { code: 'invalid_request' }, `cut at ${end}`)
  }
  assert.throws(() => read(Buffer.concat([whole, Buffer.from('more')]), []), { code: 'invalid_request' })
  assert.throws(() => read(Buffer.concat([Buffer.from('x'), whole]), []), { code: 'invalid_request' })
  assert.throws(() => read(form([['name="a"; name="b"', Buffer.from('1')]]), []), { code: 'invalid_request' })
  assert.throws(() => read(Buffer.from(`--xyz\r\n${'a'.repeat(9000)}`), []), { code: 'invalid_request' })
})
