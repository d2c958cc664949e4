/** Filters go along from page to page, and what somebody takes away stays away. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { carriedAfter } from './carried-search.ts'

type Search = Readonly<Record<string, unknown>>
const requests = ({ range, status, model }: Search) => ({ range, status, model })
const spend = ({ range, model }: Search) => ({ range, model })
const keys = ({ team }: Search) => ({ team })

test('what a page does not know waits for the next one that does', () => {
  const first = carriedAfter({}, { range: '7d', status: '5xx', model: 'a', sel: 'req_1' }, requests)
  assert.deepEqual(first, { range: '7d', status: '5xx', model: 'a' })
  const second = carriedAfter(first, { range: '7d' }, spend)
  assert.deepEqual(second, { range: '7d', status: '5xx' }, 'the model was taken away there')
  assert.deepEqual(carriedAfter(second, { status: '5xx' }, requests), { status: '5xx' })
})

test('one span takes the place of another', () => {
  const window = { from: '2026-05-01T00:00Z', to: '2026-05-02T00:00Z' }
  assert.deepEqual(carriedAfter({ range: '7d' }, window, spend), window)
  assert.deepEqual(carriedAfter(window, { range: '1h' }, spend), { range: '1h' })
})

test('a page that looks back on nothing leaves the span as it is', () => {
  assert.deepEqual(carriedAfter({ range: '7d', team: 'a' }, { team: 'b' }, keys), { range: '7d', team: 'b' })
})
