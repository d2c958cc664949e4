/** Series tell a scrape what prom-client's own metrics would. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Counter, Histogram, Registry } from 'prom-client'
import { counter, histogram } from './series.ts'

const label = fc.constantFrom('a', 'b', 'with "quotes"', 'new\nline', 'back\\slash', '')
const bounds = [0.005, 0.25, 1, 60]

test('a histogram is exposed as prom-client exposes its own', async () => {
  const value = fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constantFrom(...bounds))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(label, label, value)), async (values) => {
      const options = { name: 'weir_seconds', help: 'Help.', labelNames: ['route', 'provider'] }
      const [theirs, ours] = [new Registry(), new Registry()]
      const known = new Histogram({ ...options, buckets: bounds, registers: [theirs] })
      const family = histogram({ ...options, bounds })
      ours.registerMetric(family.asMetric())
      for (const [route, provider, seconds] of values) {
        known.labels(route, provider).observe(seconds)
        family.of(route, provider).add(seconds)
      }
      assert.deepEqual(linesOf(await ours.metrics()), linesOf(await theirs.metrics()))
    }),
  )
})

test('a counter is exposed as prom-client exposes its own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(label, fc.integer({ min: 1, max: 1000 }))), async (values) => {
      const options = { name: 'weir_total', help: 'Help.', labelNames: ['provider'] }
      const [theirs, ours] = [new Registry(), new Registry()]
      const known = new Counter({ ...options, registers: [theirs] })
      const family = counter(options)
      ours.registerMetric(family.asMetric())
      for (const [provider, amount] of values) {
        known.labels(provider).inc(amount)
        family.of(provider).add(amount)
      }
      assert.deepEqual(linesOf(await ours.metrics()), linesOf(await theirs.metrics()))
    }),
  )
})

test('a series in which nothing was counted is not told', async () => {
  const registry = new Registry()
  const seconds = histogram({ name: 'weir_seconds', help: 'Help.', labelNames: ['route'], bounds })
  registry.registerMetric(seconds.asMetric())
  seconds.of('quiet')
  seconds.of('busy').add(0.1)
  const text = await registry.metrics()
  assert.match(text, /route="busy"/)
  assert.doesNotMatch(text, /quiet/)
})

/** Without regard to the order of labels, which means nothing. */
function linesOf(text: string): string[] {
  return text.split('\n').map((line) => {
    const [, name, labels, value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? []
    if (name === undefined) return line
    return `${name} ${labels!
      .split(/,(?=\w+=")/)
      .toSorted()
      .join()} ${value}`
  })
}
