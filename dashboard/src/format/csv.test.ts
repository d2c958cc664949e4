/** What a table is exported as is read back as it was, and runs nowhere. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { csvOf } from './csv.ts'

test('quotes, commas and line breaks are carried', () => {
  assert.equal(
    csvOf([
      ['a', 'b'],
      ['say "hi"', 'x,y\nz'],
    ]),
    'a,b\r\n"say ""hi""","x,y\nz"\r\n',
  )
})

test('what a spreadsheet would run begins with a quote, and numbers stay numbers', () => {
  for (const text of ['=1+1', '+1+1', '@SUM(A1)', '-2+3', '\tx']) assert.match(csvOf([[text]]), /^"?'/)
  assert.equal(csvOf([['-12.5', '7', '-']]), '-12.5,7,-\r\n')
})
