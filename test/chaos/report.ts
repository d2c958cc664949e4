/** What a crash test has compared, as a line for whoever runs it for long. */

import { appendFileSync } from 'node:fs'
import type { CrashReport } from './crash-harness.ts'

export interface ChaosLine extends Omit<CrashReport, 'faults' | 'verification'> {
  readonly name: string
  readonly tookMs: number
}

/** Appends it to the file that `WEIR_CHAOS_REPORT` names, if it names one. */
export function reportChaos(line: ChaosLine): void {
  const path = process.env['WEIR_CHAOS_REPORT']
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`)
}
