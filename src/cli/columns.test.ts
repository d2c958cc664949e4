/** Tables of the command line: their columns, and that what stands in them does nothing to the terminal. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alignColumns } from './columns.ts'

test('columns are as wide as their widest cell, and numbers stand to the right', () => {
  assert.deepEqual(
    alignColumns(
      [
        ['NAME', 'N'],
        ['a', '10'],
      ],
      [false, true],
    ),
    ['NAME   N', 'a     10'],
  )
})

test('a name neither begins a line nor moves the cursor', () => {
  const [line = ''] = alignColumns([['a\u001b[2J\nforged', '\u009b31m', '\u202eexe']])
  assert.equal(line, 'a?[2J?forged  ?31m  ?exe')
})
