/** Estimates of tokens, beside what the providers of recorded calls have told: the bound is one, and the rest keeps to its figures. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTokenCounter } from '../../src/tokens/counter.ts'
import { recordedDir } from '../support/recorded.ts'
import { recordedEstimates } from './recorded-estimates.ts'

const skip = recordedDir === undefined ? 'the recorded exchanges are not in this checkout' : false
const tokens = createTokenCounter()
after(() => tokens.close())
const calls = skip === false ? await recordedEstimates(tokens) : []

/** They search the web by themselves, and are billed for what they read: no request shows it. */
const searchingModels = /^compound/

test('what is reserved for a prompt was never less than what its provider counted', { skip }, (t) => {
  const bounded = calls.filter(({ isOpen, model }) => !isOpen && !searchingModels.test(model))
  for (const { file, input } of bounded)
    assert.ok(input.told <= input.bound, `${file}: ${JSON.stringify(input)}`)
  assert.ok(bounded.length > 900, String(bounded.length))
  const closest = Math.max(...bounded.map(({ input }) => input.told - input.bound))
  t.diagnostic(`${bounded.length} recorded prompts; the closest is ${-closest} tokens below its bound`)
})

test('the tokenizer finds in answers what their providers count, within a fifth', { skip }, () => {
  const answers = calls.flatMap(({ output }) => (output && output.told >= 20 ? [output] : []))
  const errors = answers.map(({ told, counted }) => Math.abs(counted - told) / told).toSorted((a, b) => a - b)
  assert.ok(answers.length > 150, String(answers.length))
  assert.ok(errors[errors.length >> 1]! < 0.1, `half are off by up to ${errors[errors.length >> 1]}`)
  assert.ok(errors[Math.floor(errors.length * 0.9)]! < 0.21)
  const sum = (of: 'told' | 'counted') => answers.reduce((total, each) => total + each[of], 0)
  assert.ok(Math.abs(sum('counted') / sum('told') - 1) < 0.1)
})
