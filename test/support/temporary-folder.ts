/** A folder of its own for a test, gone with the process of its file. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assertNoTexts, configurationsIn, dataFilesOf } from './leavings.ts'

const folders: string[] = []

/** What gateways have left in it is searched before it goes. */
export function createTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'))
  folders.push(folder)
  return folder
}

// Not at the end of the test: what is to be done there is done in the order in which it was told, so that the folder,
// which is always the first, would go while the gateway in it still runs.
process.once('exit', () => {
  try {
    for (const folder of folders) assertNoTexts(dataFilesOf(folder), configurationsIn(folder))
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
})
