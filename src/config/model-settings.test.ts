import assert from 'node:assert/strict'
import test from 'node:test'
import { modelSettings } from './model-settings.ts'

const priced = (input: unknown): boolean =>
  modelSettings.safeParse({ 'local/llama': { price: { input, output: 0 } } }).success

test('a price is a number or a decimal text, exact in nano-dollars', () => {
  for (const price of [0, 0.15, '0.15', '12.500000001', 999_999]) assert.ok(priced(price), String(price))
  for (const price of [-1, '-1', 'free', '', 1e-12, '0.1234567891', 1_000_000, NaN, null]) {
    assert.ok(!priced(price), String(price))
  }
})

test('models are named with their provider, and may end in a star', () => {
  const isName = (name: string): boolean => modelSettings.safeParse({ [name]: {} }).success
  for (const name of ['openai/gpt-4o', 'local/*', 'local/llama*', 'router/meta/llama-3'])
    assert.ok(isName(name), name)
  for (const name of ['gpt-4o', 'local/', '/gpt', 'local/*b', 'local/**', '*']) assert.ok(!isName(name), name)
})
