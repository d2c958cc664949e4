/** Packs: suites of edge cases that are generated, the same for the same seed, and graded without a judge. */

import { createRandom, type Random } from '../statistics/random.ts'
import type { CaseSettings } from '../suite/settings.ts'
import { conflictCases, conflictContrasts } from './conflict.ts'
import { formatCases } from './format.ts'
import { needleCases } from './needle.ts'
import { structuredCases } from './structured.ts'
import { toolCases } from './tools.ts'

export const packNames = ['conflict', 'format', 'needle', 'structured', 'tools', 'edge-cases'] as const
export type PackName = (typeof packNames)[number]

export interface PackOptions {
  readonly seed: string
  /** The model's context window in tokens: no case is longer than 90 % of it. */
  readonly windowTokens?: number
}

/** A suite in the form of its file. */
export interface Pack {
  readonly name: string
  readonly seed: string
  readonly cluster: string
  readonly contrasts?: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  readonly tests: readonly CaseSettings[]
}

export function isPackName(name: string): name is PackName {
  return (packNames as readonly string[]).includes(name)
}

export async function generatePack(name: PackName, options: PackOptions): Promise<Pack> {
  const random = (part: string): Random => createRandom(`${options.seed}:${part}`)
  const tests: CaseSettings[] = []
  const isWanted = (part: PackName): boolean => name === part || name === 'edge-cases'
  if (isWanted('conflict')) tests.push(...conflictCases(random('conflict')))
  if (isWanted('format')) tests.push(...formatCases(random('format')))
  if (isWanted('needle')) tests.push(...(await needleCases(random('needle'), options.windowTokens)))
  if (isWanted('structured')) tests.push(...structuredCases(random('structured')))
  if (isWanted('tools')) tests.push(...toolCases(random('tools')))
  return {
    name: `pack-${name}`,
    seed: options.seed,
    cluster: 'metadata.cluster',
    ...(isWanted('conflict') && { contrasts: conflictContrasts }),
    tests,
  }
}
