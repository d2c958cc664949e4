/** What gateways have of a batch's results on the disk each time that one of them is killed: what it had not is under way. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Receipt } from '../../src/simulator/receipts.ts'

/** What a process sent before it was killed has been received by then; the next one has not sent anything. */
const lastWordsMs = 50

interface Look {
  /** Receipts before are of processes before. */
  readonly untilMs: number
  readonly kept: ReadonlySet<string>
}

/** Of batches whose requests end in `line-<n>`, in the order of the lines, from 0. */
export class KeptResults {
  readonly #folder: string
  readonly #looks: Look[] = []

  /** The folder of the files. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Between the end of a process and the start of the next one. */
  look(): void {
    const kept = new Set<string>()
    for (const name of readdirSync(this.#folder)) {
      const isPart = name.endsWith('.part')
      // On a slow machine the batch may have ended by then, and parts are gone that the output file was made of.
      if (!isPart && !name.endsWith('-output')) continue
      // What follows the last line end is half written.
      const whole = readFileSync(join(this.#folder, name), 'latin1').split('\n').slice(0, -1)
      for (const text of whole)
        kept.add(isPart ? `line-${Number(text.slice(0, text.indexOf('\t'))) - 1}` : /line-\d+/.exec(text)![0])
    }
    this.#looks.push({ untilMs: Date.now() + lastWordsMs, kept })
  }

  /** How many lines had been answered by the provider at each look, and had no result. */
  underWay(answered: readonly Receipt[]): number[] {
    let fromMs = 0
    return this.#looks.map(({ untilMs, kept }) => {
      const before = answered.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)
      fromMs = untilMs
      return new Set(before.map(lineIn).filter((line) => !kept.has(line))).size
    })
  }
}

function lineIn({ body }: Receipt): string {
  return /line-\d+/.exec(JSON.stringify(body))?.[0] ?? ''
}
