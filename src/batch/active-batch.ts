/** What an instance has of a batch that it works on, and how many more lines there is room for. */

import type { Batch } from './batch.ts'
import type { BatchInput, WaitingLine } from './batch-input.ts'
import { Bound, type BoundParts } from './bound.ts'
import type { Claim } from './port.ts'

/** Lines of one batch that wait here, so that a lane that frees up need not ask the store. */
const maxReady = 128
const maxReadyBytes = 8 * 1024 * 1024
/** Of a new figure in the mean of those before. */
const newShare = 0.5

export class ActiveBatch {
  readonly ready: WaitingLine[] = []
  readyBytes = 0
  readonly running = new Map<number, AbortController>()
  readonly input: BatchInput
  /** Absent: it may cost what it will. */
  readonly bound: Bound | undefined
  isFilling = false
  /** There was no line that is due when it was asked. */
  isDry = false
  avoidedUntilMs = -Infinity
  #leasedUntilMs = Infinity
  #batch: Batch
  #bytesPerLine = 0

  constructor(batch: Batch, input: BatchInput, boundParts: Omit<BoundParts, 'learn' | 'known'>) {
    this.#batch = batch
    this.input = input
    this.bound =
      batch.maxNanoUsd === undefined
        ? undefined
        : new Bound({ ...boundParts, learn: (now) => this.learn(now), known: () => this.#batch })
  }

  get batch(): Batch {
    return this.#batch
  }

  /** Rows that were read before others may come after them: what was spent stays spent. */
  learn(batch: Batch): Batch {
    const costNanoUsd = Math.max(batch.costNanoUsd, this.#batch.costNanoUsd)
    return (this.#batch = { ...batch, costNanoUsd })
  }

  /** Lines that are neither settled nor here, as far as is known. */
  get elsewhere(): number {
    const { total, completed, failed } = this.batch
    return total - completed - failed - this.ready.length - this.running.size
  }

  /** How many lines to ask for, so that few are given back for want of room. */
  get wanted(): number {
    const room = maxReady - this.ready.length
    const byBytes = Math.floor((maxReadyBytes - this.readyBytes) / Math.max(1, this.#bytesPerLine))
    return Math.max(1, Math.min(room, byBytes))
  }

  get isFull(): boolean {
    return this.ready.length > maxReady / 2 || this.readyBytes > maxReadyBytes / 2
  }

  /** Of lines that were taken, how many there is room for: at least one, or a large one would never be done. */
  roomFor(claims: readonly Claim[]): number {
    let bytes = this.readyBytes
    const past = claims.findIndex((claim) => (bytes += claim.bytes) > maxReadyBytes)
    const mean = claims.reduce((sum, claim) => sum + claim.bytes, 0) / claims.length
    this.#bytesPerLine += (mean - this.#bytesPerLine) * newShare
    return past === -1 ? claims.length : Math.max(past, this.ready.length === 0 ? 1 : 0)
  }

  /** It is here already. */
  has({ line }: Claim): boolean {
    return this.running.has(line) || this.ready.some((waiting) => waiting.line === line)
  }

  /** Leases are counted on the wall clock. */
  push(lines: readonly WaitingLine[], leasedUntilMs: number): void {
    this.#leasedUntilMs = Math.min(this.ready.length === 0 ? Infinity : this.#leasedUntilMs, leasedUntilMs)
    this.ready.push(...lines)
    for (const { bytes } of lines) this.readyBytes += bytes
  }

  /** What is ready may be another instance's by now. */
  hasLapsed(nowMs: number): boolean {
    return this.ready.length > 0 && nowMs >= this.#leasedUntilMs
  }

  /** It begins. */
  takeAt(index: number): WaitingLine {
    const [line] = this.ready.splice(index, 1)
    this.readyBytes -= line!.bytes
    return line!
  }

  /** It began, and waits again, before those that come after it. */
  putBack(line: WaitingLine): void {
    const next = this.ready.findIndex((waiting) => waiting.line > line.line)
    this.ready.splice(next === -1 ? this.ready.length : next, 0, this.input.keepAgain(line))
    this.readyBytes += line.bytes
  }

  prolong(leasedUntilMs: number): void {
    this.#leasedUntilMs = leasedUntilMs
  }

  /** All that have not begun. */
  takeReady(): WaitingLine[] {
    this.readyBytes = 0
    return this.ready.splice(0)
  }
}
