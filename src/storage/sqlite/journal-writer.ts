/** Writes the journal's groups into SQLite, each in one transaction. */

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { directColumns } from './direct-line.ts'
import type { LoggedGroup, LogPlace } from './group-log.ts'
import { settledColumns, sharedColumns } from './ledger-migrations.ts'
import { transact } from './open.ts'
import { createRoller } from './rollups.ts'
import { createVacuum } from './vacuum.ts'

/** Rows as they are bound, so that a thread can hand them to another. */
export interface Group {
  readonly intents: readonly SQLInputValue[][]
  /** Pairs of a price's version and its text. */
  readonly prices: readonly string[]
  /** Pairs of an intent's id and a number of tokens. */
  readonly marks: readonly number[]
  readonly settlements: readonly SQLInputValue[][]
  /** Whole lines, as `directColumns` has them; absent for none. */
  readonly lines?: readonly SQLInputValue[][]
  /** Some lines from before this time are deleted; 0 deletes none. */
  readonly pruneBeforeMs: number
}

/** What the tables are given of the journal's log. */
export interface LogPart {
  readonly groups: readonly LoggedGroup[]
  /** Up to where in the log the tables have everything then. */
  readonly place: LogPlace
  /** Rows of the groups may be in the tables though the place that the tables know is before them. */
  readonly mayRepeat?: boolean
}

/**
 * `written`: all of it, but for settlements that no table can hold, whose intents stay open; `refused` says why.
 * `failed`: nothing of it. After a `fatal` failure nothing more may be written through this connection: whether
 * earlier commits are on the disk is not known.
 */
export type WriteResult =
  | { readonly is: 'written'; readonly refused: readonly string[] }
  | { readonly is: 'failed'; readonly why: string; readonly isFatal: boolean }

export interface JournalWriter {
  write(group: Group): WriteResult
  /**
   * Those groups of the log that are behind the place which the tables know; none where they know a later one. So that
   * two connections may be given the same part: the second one finds it there.
   */
  take(part: LogPart): WriteResult
}

/** Many enough to share their rows; few enough to hold up the event loop for a millisecond, or for seven with 1,000 users. */
const linesPerRoll = 512

/** In an intent's row, whose first value is its id. */
const requestIdPlace = 1 + sharedColumns.indexOf('request_id')
const attemptPlace = 1 + sharedColumns.indexOf('attempt')

/** What tells corrections apart, beside their kind: a comparison makes one of each day and model. */
const correctionNames = ['request_id', 'at_ms', 'model', 'attempt'] as const
const placesOf = (names: readonly (typeof directColumns)[number][]) =>
  names.map((name) => directColumns.indexOf(name))
const correctionIdentity = placesOf(correctionNames)
const lineIdentity = placesOf(['request_id', 'attempt'])
const kindPlace = directColumns.indexOf('kind')

const constraintError = 19
/**
 * Of SQLite's I/O errors those of a sync: the kernel has forgotten what it could not write, and SQLite goes on as if it had.
 * After any other the transaction is taken back, and may be tried again.
 */
const syncErrors: readonly (number | undefined)[] = [1034, 1290]

export function createJournalWriter(database: DatabaseSync): JournalWriter {
  const insertIntent = database.prepare(
    `insert into open_attempts (id, ${sharedColumns.join(', ')}, input_bound, output_bound)
    values (${placeholders(sharedColumns.length + 3)})`,
  )
  // An intent that is open becomes the final line; one that is not adds none: settling twice is harmless.
  const closeIntent = database.prepare(
    `insert into ledger (${sharedColumns.join(', ')}, ${settledColumns.join(', ')})
    select ${sharedColumns.join(', ')}, ${placeholders(settledColumns.length)} from open_attempts where id = ?`,
  )
  const deleteIntent = database.prepare('delete from open_attempts where id = ?')
  const insertClosed = database.prepare(
    `insert into ledger (${sharedColumns.join(', ')}, ${settledColumns.join(', ')})
    values (${placeholders(sharedColumns.length + settledColumns.length)})`,
  )
  const findLine = database.prepare(
    `select 1 from ledger where request_id = ? and attempt = ? and kind <> 'adjust'`,
  )
  const findCorrection = database.prepare(
    `select 1 from ledger where kind = 'adjust' and ${correctionNames.map((name) => `${name} = ?`).join(' and ')}`,
  )
  const findIntent = database.prepare('select 1 from open_attempts where id = ?')
  const mark = database.prepare('update open_attempts set marked_tokens = ? where id = ?')
  const keepPrice = database.prepare('insert or ignore into price_versions (version, price) values (?, ?)')
  const findPlace = database.prepare('select generation, end_bytes as "end" from journal_place')
  const setPlace = database.prepare('update journal_place set generation = ?, end_bytes = ?')
  const insertLine = database.prepare(
    `insert into ledger (${directColumns.join(', ')}) values (${placeholders(directColumns.length)})`,
  )

  const roller = createRoller(database)
  const vacuum = createVacuum(database)
  let unrolled = 0

  /** `intents`: those of this group. They need not go through the table of the open ones. */
  const settle = (row: SQLInputValue[], intents: Map<SQLInputValue, SQLInputValue[]>): void => {
    const id = row.at(-1)!
    const intent = intents.get(id)
    if (intent) {
      insertClosed.run(...intent.slice(1, 1 + sharedColumns.length), ...row.slice(0, -1))
      intents.delete(id)
    } else {
      closeIntent.run(...row)
      deleteIntent.run(id)
    }
  }
  const isThere = (intent: SQLInputValue[]): boolean =>
    findIntent.get(intent[0]!) !== undefined ||
    findLine.get(intent[requestIdPlace]!, intent[attemptPlace]!) !== undefined
  const isLineThere = (line: SQLInputValue[]): boolean => {
    const isCorrection = line[kindPlace] === 'adjust'
    const identity = isCorrection ? correctionIdentity : lineIdentity
    const find = isCorrection ? findCorrection : findLine
    return find.get(...identity.map((place) => line[place]!)) !== undefined
  }
  /** Adds to `refused` why a row of it is in no table. */
  const writeAll = (group: Group, refused: string[], mayRepeat = false): void => {
    const { prices, marks } = group
    const tryOne = (write: () => void): void => {
      try {
        write()
      } catch (cause) {
        // SQLite takes back the statement alone: the other rows must not suffer for one that is at fault.
        if (codeOf(cause) !== constraintError) throw cause
        refused.push(String(cause))
      }
    }
    for (let i = 0; i < prices.length; i += 2) keepPrice.run(prices[i]!, prices[i + 1]!)
    const fresh = mayRepeat ? group.intents.filter((intent) => !isThere(intent)) : group.intents
    const intents = new Map(fresh.map((row) => [row[0]!, row]))
    for (const row of group.settlements) tryOne(() => settle(row, intents))
    for (const row of group.lines ?? noRows) {
      if (!mayRepeat || !isLineThere(row)) tryOne(() => void insertLine.run(...row))
    }
    for (const row of intents.values()) insertIntent.run(...row)
    for (let i = 0; i < marks.length; i += 2) mark.run(marks[i + 1]!, marks[i]!)
  }
  /** In transactions of their own, when the group is written: where they fail, reports lag behind, and nothing else does. */
  const followUp = ({ settlements, lines = noRows, pruneBeforeMs }: Group): void => {
    unrolled += settlements.length + lines.length
    if (unrolled >= linesPerRoll) unrolled = roller.step() ? 0 : unrolled
    if (pruneBeforeMs === 0) return
    try {
      roller.prune(pruneBeforeMs)
      vacuum.step()
    } catch {
      // It is asked for again each minute.
    }
  }
  /** `work` gives what it has written; undefined for nothing. */
  const attempt = (work: (refused: string[]) => Group | undefined): WriteResult => {
    const refused: string[] = []
    let written: Group | undefined
    try {
      transact(database, () => (written = work(refused)))
    } catch (cause) {
      const { errcode } = cause as { errcode?: number }
      return { is: 'failed', why: String(cause), isFatal: syncErrors.includes(errcode) }
    }
    if (written) followUp(written)
    return { is: 'written', refused }
  }
  return {
    write: (group) =>
      attempt((refused) => {
        // Also with nothing to write: only a write shows that the file can be written.
        if (isEmpty(group)) database.exec('pragma user_version = 1')
        writeAll(group, refused)
        return group
      }),
    take: ({ groups, place, mayRepeat }) =>
      attempt((refused) => {
        const known = findPlace.get() as unknown as LogPlace
        if (!isAfter(place, known)) return undefined
        const group = mergeLogged(groups.filter((one) => isAfter(one, known)))
        writeAll(group, refused, mayRepeat)
        setPlace.run(place.generation, place.end)
        return group
      }),
  }
}

const noRows: readonly SQLInputValue[][] = []

/** A place of a later generation than the tables know of is one whose beginning they have lost. */
function isAfter(place: LogPlace, known: LogPlace): boolean {
  return place.generation === known.generation ? place.end > known.end : place.generation > known.generation
}

function mergeLogged(logged: readonly LoggedGroup[]): Group {
  const groups = logged.map(({ text }) => JSON.parse(text) as Group)
  return {
    intents: groups.flatMap(({ intents }) => intents),
    prices: groups.flatMap(({ prices }) => prices),
    marks: groups.flatMap(({ marks }) => marks),
    settlements: groups.flatMap(({ settlements }) => settlements),
    lines: groups.flatMap(({ lines = [] }) => lines),
    pruneBeforeMs: Math.max(0, ...groups.map(({ pruneBeforeMs }) => pruneBeforeMs)),
  }
}

function isEmpty({ intents, prices, marks, settlements, lines = noRows }: Group): boolean {
  return intents.length + prices.length + marks.length + settlements.length + lines.length === 0
}

/** SQLite's primary code; undefined where the error is none of SQLite's. */
function codeOf(cause: unknown): number | undefined {
  const { errcode } = cause as { errcode?: number }
  return errcode === undefined ? undefined : errcode & 0xff
}

function placeholders(count: number): string {
  return Array(count).fill('?').join(', ')
}
