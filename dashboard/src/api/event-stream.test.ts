/** However the bytes are cut, the events are the same. */

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { eventsOf } from './event-stream.ts'

async function read(chunks: readonly Uint8Array[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  const events: string[] = []
  for await (const data of eventsOf(body)) events.push(data)
  return events
}

test('chunking changes nothing, and comments are no events', async () => {
  const bytes = new TextEncoder().encode(
    ': keepalive\n\ndata: {"a":"ü"}\n\nevent: x\r\ndata: one\r\ndata: two\r\n\r\ndata:[DONE]\n\n',
  )
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const edges = [0, ...places.toSorted((a, b) => a - b), bytes.length]
      const chunks = edges.slice(1).map((end, index) => bytes.slice(edges[index], end))
      assert.deepEqual(await read(chunks), ['{"a":"ü"}', 'one\ntwo', '[DONE]'])
    }),
  )
})

test('what was cut off at the end is still given', async () => {
  assert.deepEqual(await read([new TextEncoder().encode('data: half')]), ['half'])
})
