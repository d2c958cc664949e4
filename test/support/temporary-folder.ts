/** A folder of its own for a test, gone with the test. */

import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lifetime } from './stack.ts'

export function createTemporaryFolder(t: Lifetime): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
