/** What failed is found in both shapes of results, however the bytes are cut. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { failuresOf } from './failures.ts'

const lines = [
  { custom_id: 'a', response: { status_code: 200, body: {} }, error: null },
  {
    custom_id: 'b',
    response: { status_code: 400, body: { error: { code: 'invalid_request', message: 'Nö.' } } },
  },
  { custom_id: 'c', response: null, error: { code: 'batch_expired', message: 'Too late.' } },
  { custom_id: 'd', result: { type: 'succeeded', message: {} } },
  { custom_id: 'e', result: { type: 'errored', error: { error: { type: 'api_error', message: 'x' } } } },
  { custom_id: 'f', result: { type: 'canceled' } },
  { custom_id: 'g', response: { status_code: 400, body: { error: { type: 'invalid_request' } } } },
]

test('codes are counted over all lines', async () => {
  const bytes = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const { byCode, shown } = await failuresOf(
    new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    }),
  )
  assert.deepEqual(byCode, [
    ['invalid_request', 2],
    ['batch_expired', 1],
    ['api_error', 1],
    ['canceled', 1],
  ])
  assert.deepEqual(
    shown.map(({ customId, message }) => `${customId} ${message}`),
    ['b Nö.', 'c Too late.', 'e x', 'f ', 'g '],
  )
})
