/** Models are found by name, provider and ability. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { isWanted, type Model, priceDateText, priceText } from './model-filter.ts'

const model: Model = {
  id: 'openai/GPT-9',
  provider: 'openai',
  model: 'GPT-9',
  capabilities: { tools: true, reasoning: false },
  input_modalities: ['text', 'image'],
}

test('each condition must hold, and an unknown ability is none', () => {
  assert.equal(isWanted(model, { q: ' gpt ', provider: 'openai', ability: 'tools' }), true)
  assert.equal(isWanted(model, { ability: 'image' }), true)
  assert.equal(isWanted(model, { ability: 'reasoning' }), false)
  assert.equal(isWanted(model, { ability: 'citations' }), false)
  assert.equal(isWanted(model, { provider: 'claude' }), false)
  assert.equal(isWanted({ id: 'a/b', provider: 'a', model: 'b' }, { ability: 'audio' }), false)
})

test('prices keep their digits', () => {
  assert.deepEqual(['3', '0.15', '0.0375', undefined].map(priceText), ['$3.00', '$0.15', '$0.0375', '-'])
})

test('a price is of a day, or set here', () => {
  const pricing = { input: '3' }
  assert.equal(priceDateText({ ...model, pricing, price_date: '2026-03-12' }), '2026-03-12')
  assert.equal(priceDateText({ ...model, pricing }), 'set here')
  assert.equal(priceDateText(model), '-')
})
