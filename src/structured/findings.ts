/** What one reading of an answer has mended, and what broke it. */

import type { Mend } from './mend.ts'

/** `none`: the text must be JSON as it is. `syntax`: how it is written is mended. `shape`: also what can be told apart. */
export type RepairLevel = 'none' | 'syntax' | 'shape'

export class Findings {
  readonly mends = new Set<Mend>()
  readonly repair: RepairLevel
  #fault: string | undefined
  #isSyntaxFault = false

  constructor(repair: RepairLevel) {
    this.repair = repair
  }

  get isBroken(): boolean {
    return this.#fault !== undefined
  }

  /** Why this can never become a valid answer. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** The fault is one of writing, which another reading of the whole text may mend. */
  get isSyntaxFault(): boolean {
    return this.#isSyntaxFault
  }

  /** Of what is badly written. False, and broken by `fault`, where nothing may be mended. */
  mendsSyntax(mend: Mend, fault: string): boolean {
    if (this.repair === 'none') this.breakSyntax(fault)
    else this.mends.add(mend)
    return !this.isBroken
  }

  breakSyntax(fault: string): void {
    this.#break(fault, true)
  }

  breakShape(fault: string): void {
    this.#break(fault, false)
  }

  #break(fault: string, isSyntax: boolean): void {
    if (this.isBroken) return
    this.#fault = fault
    this.#isSyntaxFault = isSyntax
  }
}
