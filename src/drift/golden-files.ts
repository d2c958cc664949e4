/** Reads a golden set and all it names from the disk. */

import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { type GoldenFiles, loadGoldenSet } from './golden.ts'

/**
 * The texts by their paths beside the set, so that the same set is the same wherever its folder lies. Throws
 * SuiteError.
 */
export async function readGoldenFiles(path: string): Promise<GoldenFiles> {
  const folder = dirname(path)
  const file = basename(path)
  const read = (name: string) => readFile(resolve(folder, name), 'utf8').catch(() => undefined)
  const { files } = await loadGoldenSet(file, read)
  return { file, files }
}
