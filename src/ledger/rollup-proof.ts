/** Proves that the sums by hour and day are those of the lines, in as little memory as there are hours. */

import type { LedgerEntry } from './entry.ts'
import { dayMs, hourMs } from './period.ts'
import type { LedgerSnapshot, RollupRow } from './port.ts'

/**
 * A sum is linear: weighted with a hash of the names it stands under, the lines of an hour and its rows must come to
 * the same number. A figure under a wrong name changes it as much as a wrong figure does. That two faults cancel out
 * has a chance of one in some billions.
 */
export class RollupProof {
  readonly #rolledSeq: number
  readonly #prunedBeforeMs: number
  /** What the lines have beyond the rows, by span and time. */
  readonly #rest = new Map<string, bigint>()

  constructor({ rolledSeq, prunedBeforeMs }: LedgerSnapshot) {
    this.#rolledSeq = rolledSeq
    this.#prunedBeforeMs = prunedBeforeMs
  }

  addLine(entry: LedgerEntry): void {
    if (entry.seq > this.#rolledSeq || entry.atMs < this.#prunedBeforeMs) return
    const figure = figureOf({
      attempts: entry.kind === 'adjust' || entry.kind === 'cached' ? 0 : 1,
      cached: entry.kind === 'cached' ? 1 : 0,
      inputTokens: entry.usage.inputTokens,
      outputTokens: entry.usage.outputTokens,
      providerCostNanoUsd: BigInt(entry.providerCostNanoUsd),
      chargedNanoUsd: BigInt(entry.chargedNanoUsd),
      savedNanoUsd: BigInt(entry.savedNanoUsd ?? 0),
    })
    for (const [kind, value] of valuesOf(entry)) {
      const { org, provider, model, keyId, team = '', route = '' } = entry
      const names = { kind, org, value, provider, model, keyId, team, route }
      this.#add('hour', entry.atMs - (entry.atMs % hourMs), names, figure)
      this.#add('day', entry.atMs - (entry.atMs % dayMs), names, figure)
    }
  }

  addRow(row: RollupRow): void {
    const figure = figureOf(row)
    if (row.atMs >= this.#prunedBeforeMs) this.#add(row.span, row.atMs, row, -figure)
    else {
      // Its lines are gone: what is left to prove is that hours and days agree.
      const atMs = row.atMs - (row.atMs % dayMs)
      this.#add('day', atMs, row, row.span === 'day' ? -figure : figure)
    }
  }

  differences(): string[] {
    return [...this.#rest]
      .filter(([, rest]) => rest !== 0n)
      .map(([when]) => `the sums of the ${when} are not those of its lines`)
  }

  #add(span: 'hour' | 'day', atMs: number, names: Names, figure: bigint): void {
    const when = `${span} of ${new Date(atMs).toISOString()}`
    this.#rest.set(when, (this.#rest.get(when) ?? 0n) + weightOf(span, names) * figure)
  }
}

type Names = Pick<RollupRow, 'kind' | 'org' | 'value' | 'provider' | 'model' | 'keyId' | 'team' | 'route'>

function valuesOf({ user, session, tags }: LedgerEntry): (readonly [string, string])[] {
  return [
    ['all', ''],
    ...(user === undefined ? [] : [['user', user] as const]),
    ...(session === undefined ? [] : [['session', session] as const]),
    ...tags.map((tag) => ['tag', tag] as const),
  ]
}

/** All figures in one number: each has a factor of its own. */
function figureOf(sums: Figures): bigint {
  return (
    sums.chargedNanoUsd +
    sums.providerCostNanoUsd * 1_000_003n +
    sums.savedNanoUsd * 86_028_121n +
    BigInt(sums.attempts) * 2_147_483_647n +
    BigInt(sums.cached) * 67_867_967n +
    BigInt(sums.inputTokens) * 15_485_863n +
    BigInt(sums.outputTokens) * 32_452_843n
  )
}

type Figures = Pick<
  RollupRow,
  | 'attempts'
  | 'cached'
  | 'inputTokens'
  | 'outputTokens'
  | 'providerCostNanoUsd'
  | 'chargedNanoUsd'
  | 'savedNanoUsd'
>

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function weightOf(span: string, names: Names): bigint {
  const { kind, org, value, provider, model, keyId, team, route } = names
  let hash = 0x811c9dc5
  for (const text of [span, kind, org, value, provider, model, keyId, team, route]) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    hash = Math.imul(hash ^ 0xff, 0x01000193)
  }
  return BigInt((hash >>> 0) | 1)
}
