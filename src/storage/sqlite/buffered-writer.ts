/** Writes each of the journal's groups to a log at once, and has them brought into the ledger's tables many at a time. */

import { copyFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import { GroupLog, type LoggedGroup, readGroupLog } from './group-log.ts'
import type { JournalThread } from './journal-thread.ts'
import { createJournalWriter, type Group, type JournalWriter, type WriteResult } from './journal-writer.ts'

type FailedWrite = WriteResult & { readonly is: 'failed' }

export interface BufferedWriterOptions {
  /** Opened by `openLedger`. */
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly logPath: string
  /** What brings the groups into the tables, beside the requests; absent: `database` does. */
  readonly thread?: Pick<JournalThread, 'take'>
  /** A log that is longer begins anew once the tables have what is in it. */
  readonly maxLogBytes?: number
  /** So many rows are brought into the tables at a time; for tests. */
  readonly maxRows?: number
}

export interface BufferedWriter {
  write(group: Group): WriteResult
  /** Puts what is in the log into the tables: for whoever reads them. False where they cannot be written, and lack it. */
  bringUp(): boolean
  /** Has the thread do that now. Resolves when it has, or could not; never rejects. */
  caughtUp(): Promise<void>
  /** After `bringUp`. What could not be put into the tables is in the log for the next start. */
  close(): void
}

/** Of the oldest group. */
const maxWaitMs = 250
/** Many, since each transaction writes whole pages; few, since whoever reads the tables waits until all are in them. */
const defaultMaxRows = 256
const defaultMaxLogBytes = 4 * 1024 * 1024
/** In log lengths: a thread that falls so far behind is waited for. */
const maxBehind = 4

/**
 * Puts what an earlier process left in the log into the tables, and begins the log anew. Throws where the tables cannot
 * be written. `damage` has a sentence for each thing that is wrong.
 */
export function openBufferedWriter(options: BufferedWriterOptions): {
  readonly writer: BufferedWriter
  readonly damage: readonly string[]
} {
  const { database, logPath, clock } = options
  const writer = createJournalWriter(database)
  const { groups, damage } = readGroupLog(logPath)
  const told = damage ? [tellDamage(damage, logPath, clock.nowMs())] : []
  const row = database.prepare('select generation from journal_place').get()!
  const generation =
    groups.reduce((latest, group) => Math.max(latest, group.generation), Number(row['generation'])) + 1
  const result = writer.take({ groups, place: { generation, end: 0 }, mayRepeat: true })
  if (result.is === 'failed') throw new Error(`the ledger's log cannot be put into its tables: ${result.why}`)
  return {
    writer: new TwoStepWriter(options, writer, new GroupLog(logPath, generation)),
    damage: [...told, ...result.refused],
  }
}

class TwoStepWriter implements BufferedWriter {
  readonly #writer: JournalWriter
  readonly #log: GroupLog
  readonly #thread: Pick<JournalThread, 'take'>
  readonly #maxLogBytes: number
  readonly #maxRows: number
  /** What the tables may not have yet. */
  #waiting: LoggedGroup[] = []
  /** Rows of what the thread was not given yet. */
  #rows = 0
  #taking: Promise<void> | undefined
  #refused: readonly string[] = []
  /** What kept the last rows out of the tables, or the log from beginning anew. */
  #failure: FailedWrite | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: BufferedWriterOptions, writer: JournalWriter, log: GroupLog) {
    this.#writer = writer
    this.#log = log
    this.#thread = options.thread ?? { take: (part) => Promise.resolve(writer.take(part)) }
    this.#maxLogBytes = options.maxLogBytes ?? defaultMaxLogBytes
    this.#maxRows = options.maxRows ?? defaultMaxRows
  }

  write(group: Group): WriteResult {
    // What waits must not grow while the tables cannot be written.
    if (this.#failure || this.#log.hasFailed || this.#log.end > maxBehind * this.#maxLogBytes) this.bringUp()
    if (this.#failure) return this.#failure
    try {
      this.#waiting.push(this.#log.append(JSON.stringify(group)))
    } catch (cause) {
      return toFailure(cause)
    }
    this.#rows += group.intents.length + group.settlements.length + (group.lines?.length ?? 0)
    this.#handOverInTime()
    const refused = this.#refused
    this.#refused = []
    return { is: 'written', refused }
  }

  /** What the thread is at is waited for, or done in its place: whoever comes second finds it there. */
  bringUp(): boolean {
    this.#stopTimer()
    const { hasFailed, end, place, nextPlace } = this.#log
    const beginsAnew = hasFailed || end > this.#maxLogBytes
    if (this.#waiting.length === 0 && !beginsAnew) return true
    if (this.#failure?.isFatal) return this.#waiting.length === 0
    this.#note(this.#writer.take({ groups: this.#waiting, place: beginsAnew ? nextPlace : place }))
    if (this.#failure) return this.#waiting.length === 0
    this.#waiting = []
    this.#rows = 0
    if (beginsAnew) this.#beginAnew()
    return true
  }

  async caughtUp(): Promise<void> {
    await this.#taking
    if (this.#waiting.length > 0 && !this.#failure) await this.#handOver()
  }

  close(): void {
    this.bringUp()
    this.#stopTimer()
    this.#log.close()
  }

  #handOverInTime(): void {
    if (this.#taking || this.#waiting.length === 0) return
    if (this.#rows >= this.#maxRows) void this.#handOver()
    else this.#timer ??= setTimeout(() => void this.#handOver(), maxWaitMs).unref()
  }

  /** Where the thread is at it already, resolves with that. */
  #handOver(): Promise<void> {
    this.#taking ??= this.#haveTaken()
    return this.#taking
  }

  async #haveTaken(): Promise<void> {
    this.#stopTimer()
    const waiting = this.#waiting
    const groups = [...waiting]
    this.#rows = 0
    const result = await this.#thread.take({ groups, place: this.#log.place })
    this.#taking = undefined
    const isOvertaken = this.#waiting !== waiting
    // Where it failed and somebody has brought all of it into the tables meanwhile, that does not matter.
    if (result.is === 'written' || result.isFatal || !isOvertaken) this.#note(result)
    if (this.#failure) return
    if (!isOvertaken) waiting.splice(0, groups.length)
    if (this.#log.end > this.#maxLogBytes) this.bringUp()
    else this.#handOverInTime()
  }

  #note(result: WriteResult): void {
    if (result.is === 'failed') {
      this.#failure = result
      return
    }
    this.#failure = undefined
    if (result.refused.length > 0) this.#refused = [...this.#refused, ...result.refused]
  }

  /** The tables know of it already. */
  #beginAnew(): void {
    try {
      this.#log.restart()
    } catch (cause) {
      this.#failure = toFailure(cause)
    }
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

function toFailure(cause: unknown): FailedWrite {
  return { is: 'failed', why: String(cause), isFatal: false }
}

function tellDamage(damage: 'torn' | 'broken', logPath: string, nowMs: number): string {
  if (damage === 'torn') return 'the last write to its log had not ended: nothing that was answered is lost'
  const aside = `${logPath}.damaged-${nowMs}`
  copyFileSync(logPath, aside)
  return `a part of its log cannot be read, and what it said is lost: the log is kept as ${aside}`
}
