/** What is left of a provider's words when the caller's own are taken out of them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { unquoted } from './own-words.ts'

test('what a provider quotes is left out, and its own words stay', () => {
  const prompt = 'Please write a letter to my landlord about the broken heating.'
  assert.equal(
    unquoted(`Invalid value for messages[0].content: "${prompt}" is too long.`, ['Be brief.', prompt]),
    'Invalid value for messages[0].content: "…" is too long.',
  )
  assert.equal(unquoted('input: about the broken heating.', [prompt]), 'input:…')
  assert.equal(unquoted("unknown parameter: 'temperature'", [prompt]), "unknown parameter: 'temperature'")
  assert.equal(unquoted('The model `m` refused: short one!', ['short one!', 'm']), 'The model `m` refused: …')
  assert.equal(unquoted('nothing was said', []), 'nothing was said')
})

test('no run of the prompt is left, wherever it is quoted', () => {
  const text = fc.string({ minLength: 40, maxLength: 200 })
  fc.assert(
    fc.property(text, text, fc.nat(100), fc.string({ maxLength: 30 }), (first, second, from, words) => {
      const quote = second.slice(from, from + 40)
      const left = unquoted(`${words}${quote}${words}`, [first, second])
      if (quote.length >= 16) assert.ok(!left.includes(quote), left)
    }),
  )
})

test('a prompt and an error that repeat themselves are looked through in no time', () => {
  const said = ['a'.repeat(1_000_000), 'ab'.repeat(500_000)]
  const from = process.cpuUsage()
  unquoted('a'.repeat(100_000), said)
  unquoted('ab'.repeat(50_000), said)
  const { user } = process.cpuUsage(from)
  assert.ok(user < 500_000, `${user} µs`)
})
