import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { BadRequest, type HttpRequest, HttpRequestReader } from './http-request.ts'

function read(bytes: Buffer, sizes: readonly number[]): { requests: HttpRequest[]; continues: number } {
  let continues = 0
  const reader = new HttpRequestReader(() => continues++)
  const requests: HttpRequest[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    requests.push(...reader.push(bytes.subarray(at, at + size)))
    at += size
  }
  return { requests, continues }
}

interface Sent {
  readonly body: Uint8Array
  readonly chunkSize: number
  readonly waits: boolean
}

/** One request, with a length, with chunks (`chunkSize` above 0), or without a body. */
function encode({ body, chunkSize, waits }: Sent): Buffer {
  const head = `POST /a?b=1 HTTP/1.1\r\nHost: x\r\n${waits ? 'Expect: 100-continue\r\n' : ''}`
  if (chunkSize === 0) {
    const length = body.length === 0 ? '' : `Content-Length: ${body.length}\r\n`
    return Buffer.concat([Buffer.from(`${head}${length}\r\n`), body])
  }
  const parts = [Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`)]
  for (let at = 0; at < body.length; at += chunkSize) {
    const part = body.subarray(at, at + chunkSize)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), Buffer.from(part), Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

test('requests are read the same however their bytes are cut', () => {
  const sent = fc.record({
    body: fc.uint8Array({ maxLength: 50 }),
    chunkSize: fc.nat(9),
    waits: fc.boolean(),
  })
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 })
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 4 }), sizes, (all, cuts) => {
      const { requests, continues } = read(Buffer.concat(all.map(encode)), cuts)
      assert.deepEqual(
        requests.map(({ body }) => [...body]),
        all.map(({ body }) => [...body]),
      )
      for (const { target, headers } of requests) assert.deepEqual([target, headers['host']], ['/a?b=1', 'x'])
      assert.equal(continues, all.filter(({ waits }) => waits).length)
    }),
  )
})

test('what is no request is refused with a status', () => {
  const rows: [text: string, status: number][] = [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/2\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\n: x\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\ncontent-length: 1e12\r\n\r\n', 413],
    ['GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 400],
    [`GET / HTTP/1.1\r\nx: ${'a'.repeat(70_000)}`, 431],
  ]
  for (const [text, status] of rows) {
    const isRefusal = (error: unknown) => error instanceof BadRequest && error.status === status
    assert.throws(() => read(Buffer.from(text), [100_000]), isRefusal, text.slice(0, 60))
  }
})

test('connections stay open unless the client says otherwise', () => {
  const keeps = (head: string) => read(Buffer.from(`GET / ${head}\r\n\r\n`), [1000]).requests[0]!.keepsAlive
  assert.equal(keeps('HTTP/1.1'), true)
  assert.equal(keeps('HTTP/1.1\r\nConnection: Close'), false)
  assert.equal(keeps('HTTP/1.0'), false)
})
