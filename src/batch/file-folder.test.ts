/** What would leave too little space is told before anything of it is written; what is begun and not kept is not there. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GatewayError } from '../core/error.ts'
import { openFileFolder } from './file-folder.ts'

const mebibyte = 1024 * 1024

test('a file that the disk has no room for is refused before it is taken', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'weir-folder-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  let freeBytes = 300 * mebibyte
  const folder = openFileFolder(path, async () => freeBytes)
  await folder.admit(40 * mebibyte)
  const isFull = (error: unknown) => error instanceof GatewayError && error.code === 'storage_full'
  await assert.rejects(folder.admit(50 * mebibyte), isFull)
  freeBytes = 0
  await assert.rejects(folder.admit(0), isFull)

  const file = await folder.create('new')
  await file.write(Buffer.from('half'))
  assert.deepEqual(await folder.size('new'), 0)
  await file.discard()
  assert.deepEqual((await folder.names()).toSorted(), ['folder-id'])
})
