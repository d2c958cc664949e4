/** The palette finds what was meant, the nearest first. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { bestMatches } from './palette-match.ts'

const choices = ['Requests', 'My quest', 'Overview', 'openai/quest-2'].map((label) => ({
  id: label,
  kind: 'page',
  label,
}))
const labels = (text: string, limit = 10) => bestMatches(choices, text, limit).map(({ label }) => label)

test('beginnings come before words, words before parts', () => {
  assert.deepEqual(labels('quest'), ['My quest', 'openai/quest-2', 'Requests'])
  assert.deepEqual(labels('OVER'), ['Overview'])
})

test('nothing typed is everything, as far as there is room', () => {
  assert.deepEqual(labels('', 2), ['Requests', 'My quest'])
  assert.deepEqual(labels('zzz'), [])
})
