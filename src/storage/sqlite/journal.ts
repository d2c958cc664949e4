/** The ledger's journal: gathers what one turn of the event loop has for the file, and writes it as one group. */

import type { SQLInputValue } from 'node:sqlite'
import { GatewayError } from '../../core/error.ts'
import type { Usage } from '../../core/usage.ts'
import type { DirectEntry, Intent, Journal, Settlement } from '../../ledger/port.ts'
import { toDirectRow } from './direct-line.ts'
import type { Group, WriteResult } from './journal-writer.ts'

export interface JournalOptions {
  /** In this thread (`process`), or in one of its own (`power`). One group at a time. */
  write(group: Group): WriteResult | Promise<WriteResult>
  /** Why the file cannot be written; undefined: it can be again. */
  onState(why: string | undefined): void
  /** A settlement that no table can hold. Its intent stays open; the next start settles it. */
  onRefused(why: string): void
  /** While the file cannot be written, it is tried again after this long. */
  readonly retryMs?: number
}

/** What is gathered for the next group. */
interface Turn {
  readonly intents: SQLInputValue[][]
  readonly prices: string[]
  readonly marks: number[]
  pruneBeforeMs: number
  readonly done: PromiseWithResolvers<boolean>
}

/** What a group held of that which outlives its turn. */
interface Written {
  readonly settled: number
  readonly lines: SQLInputValue[][] | undefined
}

export function createJournal(options: JournalOptions): Journal {
  return new GroupJournal(options)
}

class GroupJournal implements Journal {
  readonly #options: JournalOptions
  #turn: Turn | undefined
  /** They outlive their turn where it fails. */
  #settlements: SQLInputValue[][] = []
  /** They outlive it too. Most turns have none. */
  #lines: SQLInputValue[][] | undefined
  #state: 'well' | 'broken' | 'dead' = 'well'
  #writing: Promise<void> | undefined
  #retryTimer: NodeJS.Timeout | undefined
  /** There while the file cannot be written. */
  #mended: PromiseWithResolvers<void> | undefined

  constructor(options: JournalOptions) {
    this.#options = options
  }

  get waiting(): number {
    return this.#state === 'well' ? 0 : this.#settlements.length
  }

  admit(): void {
    if (this.#state === 'well') return
    throw new GatewayError(
      'ledger_unavailable',
      'The ledger cannot be written: no call that costs money is made until it can be.',
      { retryAfterMs: 5_000 },
    )
  }

  open(intent: Intent): void {
    this.admit()
    this.#gather().intents.push(toIntentRow(intent))
  }

  keepPrice(version: string, text: string): void {
    this.#gather().prices.push(version, text)
  }

  mark(id: number, outputTokens: number): void {
    this.#gather().marks.push(id, outputTokens)
  }

  prune(beforeMs: number): void {
    this.#gather().pruneBeforeMs = beforeMs
  }

  settle(settlement: Settlement): void {
    this.#settlements.push(toSettledRow(settlement))
    this.#gather()
  }

  enter(entry: DirectEntry): void {
    this.admit()
    this.#gather()
    this.#lines ??= []
    this.#lines.push(toDirectRow(entry))
  }

  commit(): Promise<boolean> {
    return this.#gather().done.promise
  }

  mended(): Promise<void> {
    return this.#mended?.promise ?? Promise.resolve()
  }

  async close(): Promise<void> {
    clearTimeout(this.#retryTimer)
    await this.#writing
    if (this.#state === 'broken') this.#begin(undefined)
    else this.#write()
    await this.#writing
    const left = this.#settlements.length
    if (left > 0) this.#options.onState(`${left} settlements are left for the next start`)
  }

  /** Whatever comes before the loop has polled once is one group: `setImmediate` runs right after the poll. */
  #gather(): Turn {
    if (this.#turn) return this.#turn
    this.#turn = { intents: [], prices: [], marks: [], pruneBeforeMs: 0, done: Promise.withResolvers() }
    setImmediate(() => this.#write())
    return this.#turn
  }

  #write(): void {
    const turn = this.#turn
    // While a group is on its way to the disk, all that comes is the next one.
    if (this.#writing || (turn === undefined && this.#settlements.length === 0)) return
    this.#turn = undefined
    if (this.#state === 'well') this.#begin(turn)
    else turn?.done.resolve(false)
  }

  #begin(turn: Turn | undefined): void {
    const settlements = this.#settlements
    const lines = this.#lines
    this.#lines = undefined
    // Of this group: while it is on its way, the list grows.
    const { length } = settlements
    const { intents = [], prices = [], marks = [], pruneBeforeMs = 0 } = turn ?? {}
    const group = { intents, prices, marks, settlements, pruneBeforeMs, ...(lines && { lines }) }
    const result = this.#options.write(group)
    if (!(result instanceof Promise)) {
      this.#end(turn, { settled: length, lines }, result)
      return
    }
    this.#writing = result.then((ended) => {
      this.#writing = undefined
      this.#end(turn, { settled: length, lines }, ended)
      if (this.#turn) this.#write()
    })
  }

  /** Nothing is dropped: after a failure the settlements stay, and new calls are refused until they are written. */
  #end(turn: Turn | undefined, { settled, lines }: Written, result: WriteResult): void {
    const { onState, onRefused, retryMs = 1_000 } = this.#options
    if (result.is === 'written') {
      this.#settlements = this.#settlements.slice(settled)
      for (const why of result.refused) onRefused(why)
      if (this.#state === 'broken') {
        this.#state = 'well'
        this.#mended?.resolve()
        this.#mended = undefined
        onState(undefined)
      }
    } else {
      if (lines) this.#lines = [...lines, ...(this.#lines ?? [])]
      if (this.#state === 'well' || result.isFatal) onState(result.why)
      this.#state = result.isFatal ? 'dead' : 'broken'
      this.#mended ??= Promise.withResolvers()
      clearTimeout(this.#retryTimer)
      if (!result.isFatal) this.#retryTimer = setTimeout(() => this.#begin(undefined), retryMs).unref()
    }
    turn?.done.resolve(result.is === 'written')
  }
}

function toIntentRow(intent: Intent): SQLInputValue[] {
  return [
    intent.id,
    intent.org,
    intent.requestId,
    intent.attempt,
    intent.atMs,
    intent.operation,
    intent.dialect,
    intent.stream ? 1 : 0,
    intent.route ?? null,
    intent.provider,
    intent.model,
    intent.credential,
    intent.keyId,
    intent.keyName,
    intent.team ?? null,
    intent.user ?? null,
    intent.session ?? null,
    intent.tags.length === 0 ? null : JSON.stringify(intent.tags),
    intent.reservedNanoUsd,
    intent.priceVersion,
    intent.markupBasisPoints ?? 0,
    intent.promptBytes ? JSON.stringify(intent.promptBytes) : null,
    intent.inputBound,
    intent.outputBound,
  ]
}

function toSettledRow(settlement: Settlement): SQLInputValue[] {
  const { usage } = settlement
  return [
    settlement.kind,
    settlement.atMs,
    settlement.usageSource,
    settlement.flags,
    usage.inputTokens,
    usage.outputTokens,
    usage.cacheReadTokens ?? null,
    usage.cacheWriteTokens ?? null,
    usage.cacheWrite1hTokens ?? null,
    usage.reasoningTokens ?? null,
    moreUsage(usage),
    settlement.providerCostNanoUsd,
    settlement.chargedNanoUsd,
    settlement.reportedModel ?? null,
    settlement.tier ?? null,
    settlement.status ?? null,
    settlement.code ?? null,
    settlement.providerRequestId ?? null,
    settlement.id,
  ]
}

/** What has no column and yet is in the price: with it, the cost of a line can be computed again. */
function moreUsage(usage: Usage): string | null {
  const { inputAudioTokens, outputAudioTokens, cacheReadAudioTokens, inputImageTokens, outputImageTokens } =
    usage
  const { inputVideoTokens, webSearches, inferenceRegion, nested } = usage
  // Zeros, which many providers send with each answer, cost nothing and are not worth a text.
  const hasMore =
    inputAudioTokens ||
    outputAudioTokens ||
    cacheReadAudioTokens ||
    inputImageTokens ||
    outputImageTokens ||
    inputVideoTokens ||
    webSearches ||
    inferenceRegion ||
    nested
  if (!hasMore) return null
  return JSON.stringify({
    inputAudioTokens,
    outputAudioTokens,
    cacheReadAudioTokens,
    inputImageTokens,
    outputImageTokens,
    inputVideoTokens,
    webSearches,
    inferenceRegion,
    nested,
  })
}
