/** A folder of its own for a test, gone with the test. */

import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assertNoTexts, configurationsIn, dataFilesOf } from './leavings.ts'
import type { Lifetime } from './stack.ts'

/** What gateways have left in it is searched before it goes. */
export function createTemporaryFolder(t: Lifetime): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'))
  t.after(async () => {
    try {
      assertNoTexts(dataFilesOf(folder), configurationsIn(folder))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
  return folder
}
