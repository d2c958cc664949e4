/** The suites that a run may be started with by name: those of earlier runs, and the packs. */

import { packNames } from '../judgement/packs/pack.ts'
import type { StoredRun } from './port.ts'
import { packPrefix, runPrefix } from './run-settings.ts'

export interface KnownSuite {
  /** What a run is started with. */
  readonly entry: string
  readonly name: string
  /** Unix milliseconds of its newest run; absent of a pack. */
  readonly lastRunAtMs?: number
}

/** `runs` are the newest first: of a suite that ran more than once the newest text counts. */
export function knownSuites(runs: readonly StoredRun[]): KnownSuite[] {
  const byName = new Map<string, KnownSuite>()
  for (const { id, name, createdAtMs, settings } of runs) {
    const isPack = (JSON.parse(settings) as { entry: string }).entry.startsWith(packPrefix)
    if (isPack || byName.has(name)) continue
    byName.set(name, { entry: `${runPrefix}${id}`, name, lastRunAtMs: createdAtMs })
  }
  return [...byName.values(), ...packNames.map((name) => ({ entry: `${packPrefix}${name}`, name }))]
}
