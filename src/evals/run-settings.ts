/** What a run is started with, and what it becomes: the cases, the arms and the order of the calls. */

import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import { generatePack, isPackName, packNames } from '../judgement/packs/pack.ts'
import { loadGenerated, loadSuite, type SuiteOverrides } from '../judgement/suite/load.ts'
import type { Case, Suite } from '../judgement/suite/suite.ts'
import type { Attempt } from './conversation.ts'
import { armsOf, attemptsOf } from './order.ts'
import { type Selection, selectCases } from './selection.ts'

/** An entry that begins so names a generated pack. */
export const packPrefix = 'pack:'
/** An entry that begins so names an earlier run, whose suite is used again. */
export const runPrefix = 'run:'
export const defaultPackSeed = '1'

/** What a run is started with, and all that another process needs to go on with it. */
export interface RunSettings {
  /** The suite's file among `files`. */
  readonly entry: string
  readonly files: Readonly<Record<string, string>>
  readonly overrides: SuiteOverrides
  readonly selection: Selection
  readonly concurrency?: number
  readonly maxNanoUsd?: NanoUsd
  readonly allowsScripts: boolean
  /** Answers of earlier runs may be used again; such a run does not gate. */
  readonly allowsCached?: boolean
  /** Of the smallest of the models asked, where it is known: no case of a generated pack is longer. */
  readonly windowTokens?: number
}

export interface Prepared {
  readonly suite: Suite
  readonly cases: readonly Case[]
  readonly arms: ReturnType<typeof armsOf>
  readonly attempts: readonly Attempt[]
}

/** Loads the suite and chooses what to ask. Throws SuiteError and GatewayError. */
export async function prepare({
  entry,
  files,
  overrides,
  selection,
  allowsScripts,
  windowTokens,
}: RunSettings): Promise<Prepared> {
  const suite = await suiteNamed(entry, files, overrides, windowTokens)
  if (suite.candidates.length === 0) {
    throw new GatewayError('invalid_request', 'The suite names no candidate: add `candidate`, or name one.')
  }
  if (suite.needsScripts && !allowsScripts) {
    throw new GatewayError(
      'invalid_request',
      'The suite runs JavaScript of its own: allow it with `--allow-js`.',
    )
  }
  const arms = armsOf(suite)
  const cases = selectCases(suite.cases, selection, suite.seed)
  if (cases.length === 0) throw new GatewayError('invalid_request', 'No case is selected.')
  return { suite, cases, arms, attempts: attemptsOf(cases, arms, suite.seed) }
}

/** The suite of a file, or the pack that `pack:NAME` generates. */
export async function suiteNamed(
  entry: string,
  files: RunSettings['files'],
  overrides: SuiteOverrides,
  windowTokens?: number,
): Promise<Suite> {
  if (!entry.startsWith(packPrefix)) {
    return (await loadSuite(entry, async (path) => fileAt(files, path), overrides)).suite
  }
  const name = entry.slice(packPrefix.length)
  if (!isPackName(name)) {
    throw new GatewayError('invalid_request', `There is no pack ${name}; known: ${packNames.join(', ')}.`)
  }
  const pack = await generatePack(name, {
    seed: overrides.seed ?? defaultPackSeed,
    ...(windowTokens !== undefined && { windowTokens }),
  })
  return loadGenerated(pack, overrides)
}

/** Callers choose the paths: `constructor` is none of the files unless one is called so. */
function fileAt(files: RunSettings['files'], path: string): string | undefined {
  return Object.hasOwn(files, path) ? files[path] : undefined
}
