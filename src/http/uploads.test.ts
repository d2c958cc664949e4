/** The memory that uploads may take together. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBudget } from './body.ts'

test('what does not fit is refused, and there is room again when a request is over', () => {
  const budget = new ByteBudget(100)
  const first = budget.share()
  const second = budget.share()
  first.take(60)
  second.take(40)
  assert.throws(() => second.take(1), { code: 'overloaded' })
  first.giveBack()
  first.giveBack()
  second.take(60)
  assert.throws(() => budget.share().take(1), { code: 'overloaded' })
})
