/** A file that could not be kept is nowhere: not in its folder either, where nobody would find it any more. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { systemClock } from '../core/clock.ts'
import { openFileFolder } from './file-folder.ts'
import { createFiles } from './files.ts'

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

async function* formOf(file: string) {
  yield { name: 'purpose', content: pieces('batch') }
  yield { name: 'file', filename: 'in.jsonl', content: pieces(file) }
}

test('what the store does not take leaves no bytes behind', async () => {
  const folder = openFileFolder(createTemporaryFolder())
  const away = () => Promise.reject(new Error('the store is away'))
  const files = createFiles({
    store: {
      put: away,
      get: async () => undefined,
      list: async () => [],
      delete: async () => false,
      totalBytes: async () => 0,
      expired: async () => [],
    },
    batches: { open: async () => [] },
    folder,
    settings: () => ({ maxBytes: 100, maxTotalBytes: 100, ttlDays: 1 }),
    clock: systemClock,
    newId: () => 'file-1',
    onError: (cause) => assert.fail(String(cause)),
  })
  const owner = { org: 'default', keyId: 'key' }
  await assert.rejects(files.receive(owner, formOf('x'), 0), /the store is away/)
  await assert.rejects(files.write(owner, 'x.jsonl', [Buffer.from('x')]), /the store is away/)
  await assert.rejects(files.receive(owner, formOf('x'.repeat(101)), 0), { code: 'request_too_large' })
  assert.deepEqual(await folder.names(), ['folder-id'])
})
