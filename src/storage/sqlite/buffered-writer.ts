/** Writes each of the journal's groups to a log at once, and into the ledger's tables many at a time. */

import { copyFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import { GroupLog, type LoggedGroup, readGroupLog } from './group-log.ts'
import {
  createJournalWriter,
  type Group,
  type JournalWriter,
  type LogPlace,
  type WriteResult,
} from './journal-writer.ts'

export interface BufferedWriterOptions {
  /** Opened by `openLedger`. */
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly logPath: string
  /** So many rows came into the tables. */
  onRows?(count: number): void
  /** A log that is longer begins anew once the tables have what is in it. */
  readonly maxLogBytes?: number
}

export interface BufferedWriter {
  write(group: Group): WriteResult
  /** Puts what is in the log into the tables, as far as they can be written: for whoever reads them. */
  bringUp(): void
  /** After `bringUp`. What could not be put into the tables is in the log for the next start. */
  close(): void
}

/** Of the oldest group. */
const maxWaitMs = 250
/**
 * What they take, requests wait for: half a millisecond where calls end before their intents are in the tables, 1.2 ms
 * where not. A quarter of them would take a third of that at a time, and two thirds more in all (`bench/store.ts`).
 */
const maxRows = 96
const defaultMaxLogBytes = 4 * 1024 * 1024

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
  const place = readPlace(database)
  const { groups, damage } = readGroupLog(logPath)
  const told = damage ? [tellDamage(damage, logPath, clock.nowMs())] : []
  const generation =
    groups.reduce((latest, group) => Math.max(latest, group.generation), place.generation) + 1
  const left = groups.filter((group) => isAfter(group, place)).map(({ text }) => JSON.parse(text) as Group)
  const result = writer.write({ ...mergeGroups(left), logged: { generation, end: 0 }, mayRepeat: true })
  if (result.is === 'failed') throw new Error(`the ledger's log cannot be put into its tables: ${result.why}`)
  return {
    writer: new TwoStepWriter(options, writer, new GroupLog(logPath, generation)),
    damage: [...told, ...result.refused],
  }
}

class TwoStepWriter implements BufferedWriter {
  readonly #options: BufferedWriterOptions
  readonly #writer: JournalWriter
  readonly #log: GroupLog
  #waiting: Group[] = []
  #rows = 0
  #refused: readonly string[] = []
  /** What kept the last rows out of the tables. */
  #failure: WriteResult | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: BufferedWriterOptions, writer: JournalWriter, log: GroupLog) {
    this.#options = options
    this.#writer = writer
    this.#log = log
  }

  write(group: Group): WriteResult {
    // What waits must not grow while the tables cannot be written.
    if (this.#failure) this.bringUp()
    if (this.#failure) return this.#failure
    try {
      this.#log.append(JSON.stringify(group))
    } catch (cause) {
      return { is: 'failed', why: String(cause), isFatal: (cause as NodeJS.ErrnoException).code === 'EIO' }
    }
    this.#waiting.push(group)
    this.#rows += group.intents.length + group.settlements.length + (group.lines?.length ?? 0)
    if (this.#rows >= maxRows) this.bringUp()
    else this.#timer ??= setTimeout(() => this.bringUp(), maxWaitMs).unref()
    const refused = this.#refused
    this.#refused = []
    return { is: 'written', refused }
  }

  bringUp(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length === 0) return
    const { maxLogBytes = defaultMaxLogBytes } = this.#options
    const isFull = this.#log.end > maxLogBytes
    const logged = isFull
      ? { generation: this.#log.generation + 1, end: 0 }
      : { generation: this.#log.generation, end: this.#log.end }
    const result = this.#writer.write({ ...mergeGroups(this.#waiting), logged })
    if (result.is === 'failed') {
      this.#failure = result
      return
    }
    this.#failure = undefined
    this.#options.onRows?.(this.#rows)
    this.#waiting = []
    this.#rows = 0
    this.#refused = [...this.#refused, ...result.refused]
    if (isFull) this.#log.restart()
  }

  close(): void {
    this.bringUp()
    clearTimeout(this.#timer)
    this.#log.close()
  }
}

function mergeGroups(groups: readonly Group[]): Group {
  return {
    intents: groups.flatMap(({ intents }) => intents),
    prices: groups.flatMap(({ prices }) => prices),
    marks: groups.flatMap(({ marks }) => marks),
    settlements: groups.flatMap(({ settlements }) => settlements),
    lines: groups.flatMap(({ lines = [] }) => lines),
    pruneBeforeMs: Math.max(0, ...groups.map(({ pruneBeforeMs }) => pruneBeforeMs)),
  }
}

function readPlace(database: DatabaseSync): LogPlace {
  const row = database.prepare('select generation, end_bytes from journal_place').get()!
  return { generation: Number(row['generation']), end: Number(row['end_bytes']) }
}

/** A log of a later generation than the tables know of is one that they have lost the beginning of. */
function isAfter(group: LoggedGroup, place: LogPlace): boolean {
  return group.generation === place.generation ? group.end > place.end : group.generation > place.generation
}

function tellDamage(damage: 'torn' | 'broken', logPath: string, nowMs: number): string {
  if (damage === 'torn') return 'the last write to its log had not ended: nothing that was answered is lost'
  const aside = `${logPath}.damaged-${nowMs}`
  copyFileSync(logPath, aside)
  return `a part of its log cannot be read, and what it said is lost: the log is kept as ${aside}`
}
