/** The key files of a data directory. */

import assert from 'node:assert/strict'
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { readKeyFile } from './data-dir.ts'

test('a key is made once, for its owner alone, and nothing else is left', () => {
  const folder = createTemporaryFolder()
  const key = readKeyFile(folder, 'pepper')
  assert.equal(key.length, 32)
  assert.deepEqual(readKeyFile(folder, 'pepper'), key)
  assert.notDeepEqual(readKeyFile(folder, 'payloads.key'), key)
  assert.deepEqual(readdirSync(folder).toSorted(), ['payloads.key', 'pepper'])
  assert.equal(statSync(join(folder, 'pepper')).mode & 0o777, 0o600)
})

test('a key that a power cut left behind unfinished is made anew; one that was cut or emptied is refused', () => {
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'pepper.new'), 'half')
  assert.equal(readKeyFile(folder, 'pepper').length, 32)
  for (const length of [31, 0]) {
    truncateSync(join(folder, 'pepper'), length)
    assert.throws(() => readKeyFile(folder, 'pepper'), new RegExp(`is damaged: it has ${length} bytes`))
  }
})
