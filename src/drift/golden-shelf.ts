/** Keeps golden sets in their versions, and opens them. */

import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { canonicalJson } from '../judgement/suite/case-id.ts'
import { SuiteError } from '../judgement/suite/source.ts'
import { type GoldenFiles, type GoldenSet, isGoldenFiles, openGoldenSet } from './golden.ts'
import type { DriftStore, GoldenVersion } from './port.ts'

/** A version of a golden set, ready to run. */
export interface Kept {
  readonly version: GoldenVersion
  readonly set: GoldenSet
}

export interface GoldenShelf {
  /** Keeps the set, as a new version where its text is new. Throws SuiteError. */
  keep(org: string, files: GoldenFiles): Promise<Kept>
  /** The newest kept version; throws `not_found`. */
  open(org: string, name: string): Promise<Kept>
}

/**
 * Keeps a set that a call has sent, under the name that it gives where it gives one, unless `check` throws. Throws
 * `invalid_request`.
 */
export async function keepSent(
  shelf: GoldenShelf,
  org: string,
  files: GoldenFiles,
  { name, check }: { readonly name?: string | undefined; readonly check: (set: GoldenSet) => void },
): Promise<Kept> {
  try {
    const set = await openGoldenSet(files)
    if (name !== undefined && set.name !== name)
      throw new GatewayError('invalid_request', `The set is called ${set.name}, and not ${name}.`)
    check(set)
    return await shelf.keep(org, files)
  } catch (error) {
    if (error instanceof SuiteError) throw new GatewayError('invalid_request', error.message)
    throw error
  }
}

export function createGoldenShelf(store: DriftStore, clock: Clock): GoldenShelf {
  return {
    async keep(org, files) {
      const set = await openGoldenSet(files)
      const document: Json = { file: files.file, files: { ...files.files } }
      const version = await store.putGoldenSet({
        org,
        name: set.name,
        digest: set.digest,
        textDigest: createHash('sha256').update(canonicalJson(document)).digest('hex').slice(0, 32),
        createdAtMs: clock.nowMs(),
        document,
      })
      return { version, set }
    },
    async open(org, name) {
      const version = await store.newestGoldenSet(org, name)
      if (version === undefined) throw new GatewayError('not_found', `There is no golden set ${name}.`)
      if (!isGoldenFiles(version.document)) throw new Error(`the kept golden set ${name} is not readable`)
      return { version, set: await openGoldenSet(version.document) }
    },
  }
}
