/** Attempts of a route are told apart by target, and a target is found again by its two names. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Usage } from '../api/usage.ts'
import { attemptsOf, targetFilter } from './target-figures.ts'

const sum = (provider: string, model: string, attempts: number, errors: number) =>
  ({ provider, model, attempts, errors }) as Usage

test('each target has its share of the attempts and its own failures', () => {
  const found = attemptsOf([sum('a', 'x', 3, 1), sum('b', 'y/z', 1, 0), sum('c', 'cached', 0, 0)])
  assert.deepEqual(
    [...found],
    [
      ['a/x', { share: 0.75, failed: 1 / 3 }],
      ['b/y/z', { share: 0.25, failed: 0 }],
    ],
  )
})

test('a model may have slashes and commas in its name', () => {
  assert.deepEqual(targetFilter('b/y/z,1'), { provider: 'b', model: String.raw`y/z\,1` })
})
