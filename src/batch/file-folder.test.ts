/** What would leave too little space is told before anything of it is written; what is begun and not kept is not there. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
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

test('instances that start together on an empty folder know it by one name', async () => {
  const module = JSON.stringify(new URL('file-folder.ts', import.meta.url).href)
  const program = `
    const { parentPort, workerData: { gate, folders, count } } = require('node:worker_threads')
    import(${module}).then(({ openFileFolder }) => {
      const ids = folders.map((folder, at) => {
        // Nobody goes on before all are here.
        if (Atomics.add(gate, at, 1) + 1 === count) Atomics.notify(gate, at)
        for (let here = Atomics.load(gate, at); here < count; here = Atomics.load(gate, at)) Atomics.wait(gate, at, here)
        return openFileFolder(folder).id
      })
      parentPort.postMessage(ids)
    })`
  const folders = Array.from({ length: 30 }, () => createTemporaryFolder())
  const gate = new Int32Array(new SharedArrayBuffer(4 * folders.length))
  const count = 4
  const named = await Promise.all(
    Array.from({ length: count }, () => {
      const worker = new Worker(program, { eval: true, workerData: { gate, folders, count } })
      return new Promise<string[]>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
    }),
  )
  for (const ids of named) assert.deepEqual(ids, named[0])
})
