/** The ledger's journal in SQLite: intents and settlements, in one commit per turn of the event loop. */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { GatewayError } from '../../core/error.ts'
import type { Usage } from '../../core/usage.ts'
import type { Intent, Journal, Settlement } from '../../ledger/port.ts'
import { settledColumns, sharedColumns } from './ledger-migrations.ts'
import { transact } from './open.ts'

export interface JournalOptions {
  /** The file could not be written, or can be again (`undefined`). */
  onState(cause: unknown): void
  /** While the file cannot be written, it is tried again after this long. */
  readonly retryMs?: number
}

/** What one turn of the event loop has for the file. */
interface Group {
  readonly intents: Intent[]
  /** Pairs of a version and its text. */
  readonly prices: string[]
  /** Pairs of an id and a number of tokens. */
  readonly marks: number[]
  readonly done: PromiseWithResolvers<boolean>
}

const unavailable = 'The ledger cannot be written: no call that costs money is made until it can be.'

/** The journal over a database that `openStore` opened with `ledgerMigrations`. */
export function createJournal(database: DatabaseSync, options: JournalOptions): Journal {
  return new SqliteJournal(database, options)
}

class SqliteJournal implements Journal {
  readonly #database: DatabaseSync
  readonly #options: JournalOptions
  readonly #insertIntent: StatementSync
  readonly #insertEntry: StatementSync
  readonly #deleteIntent: StatementSync
  readonly #mark: StatementSync
  readonly #keepPrice: StatementSync
  #group: Group | undefined
  /** They outlive their group where it fails. */
  #settlements: Settlement[] = []
  #isBroken = false
  #retryTimer: NodeJS.Timeout | undefined

  constructor(database: DatabaseSync, options: JournalOptions) {
    this.#database = database
    this.#options = options
    this.#insertIntent = database.prepare(insertIntent)
    this.#insertEntry = database.prepare(insertEntry)
    this.#deleteIntent = database.prepare('delete from open_attempts where id = ?')
    this.#mark = database.prepare('update open_attempts set marked_tokens = ? where id = ?')
    this.#keepPrice = database.prepare('insert or ignore into price_versions (version, price) values (?, ?)')
  }

  get waiting(): number {
    return this.#isBroken ? this.#settlements.length : 0
  }

  admit(): void {
    if (this.#isBroken) throw new GatewayError('ledger_unavailable', unavailable, { retryAfterMs: 5_000 })
  }

  open(intent: Intent): void {
    this.admit()
    this.#turn().intents.push(intent)
  }

  keepPrice(version: string, text: string): void {
    this.#turn().prices.push(version, text)
  }

  mark(id: number, outputTokens: number): void {
    this.#turn().marks.push(id, outputTokens)
  }

  settle(settlement: Settlement): void {
    this.#settlements.push(settlement)
  }

  commit(): Promise<boolean> {
    return this.#turn().done.promise
  }

  close(): void {
    clearTimeout(this.#retryTimer)
    this.#write()
    if (this.#settlements.length > 0) {
      this.#options.onState(new Error(`${this.#settlements.length} settlements could not be written`))
    }
  }

  /** Whatever is queued before the loop has polled once is one group: `setImmediate` runs right after the poll. */
  #turn(): Group {
    if (this.#group) return this.#group
    this.#group = { intents: [], prices: [], marks: [], done: Promise.withResolvers() }
    setImmediate(() => this.#write())
    return this.#group
  }

  #write(): void {
    const group = this.#group
    this.#group = undefined
    if (group === undefined && this.#settlements.length === 0) return
    const isWritten = this.#tryWrite(group)
    group?.done.resolve(isWritten)
  }

  #tryWrite(group: Group | undefined): boolean {
    try {
      transact(this.#database, () => this.#run(group))
    } catch (cause) {
      if (isOfOneRow(cause)) this.#setAside(cause)
      this.#broke(cause)
      return false
    }
    this.#settlements = []
    if (this.#isBroken) {
      this.#isBroken = false
      this.#options.onState(undefined)
    }
    return true
  }

  #run(group: Group | undefined): void {
    if (group) {
      for (const intent of group.intents) this.#insertIntent.run(...toIntentRow(intent))
      const { marks, prices } = group
      for (let i = 0; i < prices.length; i += 2) this.#keepPrice.run(prices[i]!, prices[i + 1]!)
      for (let i = 0; i < marks.length; i += 2) this.#mark.run(marks[i + 1]!, marks[i]!)
    }
    for (const settlement of this.#settlements) this.#settle(settlement)
  }

  #settle(settlement: Settlement): void {
    this.#insertEntry.run(...toSettledRow(settlement))
    this.#deleteIntent.run(settlement.id)
  }

  /** Settlements that no table can hold: their intents stay open, and the next start settles them. */
  #setAside(cause: unknown): void {
    this.#settlements = this.#settlements.filter((settlement) => {
      try {
        transact(this.#database, () => this.#settle(settlement))
      } catch (alone) {
        if (!isOfOneRow(alone)) return true
        this.#options.onState(cause)
      }
      return false
    })
  }

  /** Nothing is dropped: the settlements stay queued, and new calls are refused until they are written. */
  #broke(cause: unknown): void {
    if (!this.#isBroken) this.#options.onState(cause)
    this.#isBroken = true
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#retry(), this.#options.retryMs ?? 1_000).unref()
  }

  #retry(): void {
    try {
      this.#database.exec('pragma user_version = 1') // also with nothing to write: only a write shows that it can be
    } catch (cause) {
      this.#broke(cause)
      return
    }
    this.#tryWrite(undefined)
  }
}

const constraintError = 19

/** The file is well; what was to be written is not. */
function isOfOneRow(cause: unknown): boolean {
  const { errcode } = cause as { errcode?: number }
  return errcode !== undefined && (errcode & 0xff) === constraintError
}

const insertIntent = `insert into open_attempts (id, ${sharedColumns.join(', ')}, input_bound, output_bound)
  values (${placeholders(sharedColumns.length + 3)})`

/** An intent that is open becomes the final line; one that is not adds none, so that settling twice is harmless. */
const insertEntry = `insert into ledger (${sharedColumns.join(', ')}, ${settledColumns.join(', ')})
  select ${sharedColumns.join(', ')}, ${placeholders(settledColumns.length)}
  from open_attempts where id = ?`

function placeholders(count: number): string {
  return Array(count).fill('?').join(', ')
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
  const hasMore =
    (inputAudioTokens ?? outputAudioTokens ?? cacheReadAudioTokens ?? inputImageTokens) !== undefined ||
    (outputImageTokens ?? inputVideoTokens ?? webSearches) !== undefined ||
    (inferenceRegion ?? nested) !== undefined
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
