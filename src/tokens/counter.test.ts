/** Estimates count all of the prompt, and no text can stall the tokenizer. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GenRequest } from '../core/request.ts'
import { createTokenCounter } from './counter.ts'
import { breakRuns } from './runs.ts'

const ask = (text: string): GenRequest => ({
  model: 'm',
  stream: false,
  turns: [{ role: 'user', parts: [{ type: 'text', text }] }],
})

test('a known text has its known count, plus the frame of one turn', async (t) => {
  const counter = createTokenCounter()
  t.after(() => counter.close())
  assert.equal(await counter.estimate(ask('hello world')), 2 + 4 + 3)
  assert.equal((await counter.estimate(ask('<|endoftext|>'))) > 7, true)
})

test('tools and media add to the estimate', async (t) => {
  const counter = createTokenCounter()
  t.after(() => counter.close())
  const bare = await counter.estimate(ask('hi'))
  const schema = { type: 'object', properties: { city: { type: 'string' } } }
  const withTool = await counter.estimate({
    ...ask('hi'),
    tools: [{ type: 'function', name: 'weather', schema }],
  })
  assert.ok(withTool > bare + 10)
  const image = {
    type: 'media',
    media: 'image',
    source: { at: 'url', url: 'https://a.example/b.png' },
  } as const
  const withImage = await counter.estimate({ ...ask('hi'), turns: [{ role: 'user', parts: [image] }] })
  assert.ok(withImage > 500)
})

test('estimates in parallel find their own answers', async (t) => {
  const counter = createTokenCounter()
  t.after(() => counter.close())
  const counts = await Promise.all([1, 10, 100].map((n) => counter.estimate(ask('word '.repeat(n)))))
  assert.ok(counts[0]! < counts[1]! && counts[1]! < counts[2]!)
})

test('no run of text is left that is long enough to stall the tokenizer', () => {
  assert.ok(
    breakRuns('_'.repeat(50_000))
      .split(/\s/)
      .every((run) => run.length <= 256),
  )
  assert.equal(breakRuns('short words stay'), 'short words stay')
})
