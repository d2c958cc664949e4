/** Characters that deceive are written out, and all others stay. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { visible } from './visible.ts'

test('controls, bidirectional and zero-width characters are shown as escapes', () => {
  assert.equal(visible('a\u202Eb\u200B\u0007\u{E0041}\u00AD'), 'a\\u202eb\\u200b\\u0007\\u{e0041}\\u00ad')
})

test('text, line breaks and tabs stay', () => {
  const text = 'Grüße, 世界 👩‍💻\n\t<b>'.replaceAll('\u200D', '')
  assert.equal(visible(text), text)
})
