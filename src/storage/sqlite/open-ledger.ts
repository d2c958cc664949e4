/** Opens the ledger's file whatever state it is in: what can be read is kept, and what is wrong is told. */

import { copyFileSync, existsSync, renameSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { openStore } from './open.ts'
import { checkWal } from './wal-check.ts'

export interface OpenedLedger {
  readonly database: DatabaseSync
  /** A sentence for each thing that is wrong; empty in good times. */
  readonly damage: readonly string[]
}

/** Larger files are not read through at every start: that takes a second for each gigabyte. */
const maxCheckedBytes = 256 * 1024 * 1024

/** Throws where the file is a newer program's, or the folder cannot be written. */
export function openLedger(path: string, clock: Clock): OpenedLedger {
  const damage: string[] = []
  const aside = `${path}.damaged-${clock.nowMs()}`
  const state = checkWal(`${path}-wal`)
  if (state === 'torn')
    damage.push('the last write to its log had not ended: nothing that was answered is lost')
  if (state === 'broken') {
    copyFileSync(`${path}-wal`, `${aside}-wal`)
    damage.push(`its log is broken, and later lines in it are lost: the log is kept as ${aside}-wal`)
  }
  const database = openSound(path, clock)
  if (database) return { database, damage }
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  }
  const fresh = openStore(path, ledgerMigrations, clock)
  const { kept, lost } = salvage(fresh, aside)
  damage.push(
    `its file is damaged and kept as ${aside}: ${kept} rows were saved from it, ${lost} cannot be read`,
  )
  return { database: fresh, damage }
}

const corrupt = 11
const notADatabase = 26

/** Undefined where the file is damaged. */
function openSound(path: string, clock: Clock): DatabaseSync | undefined {
  let database: DatabaseSync | undefined
  try {
    database = openStore(path, ledgerMigrations, clock)
    if (statSync(path).size > maxCheckedBytes) return database
    const [row] = database.prepare('pragma quick_check(1)').all()
    if (row?.['quick_check'] === 'ok') return database
  } catch (cause) {
    if (!isDamage(cause)) throw cause
  }
  if (database?.isOpen) database.close()
  return undefined
}

function isDamage(cause: unknown): boolean {
  const code = ((cause as { errcode?: number }).errcode ?? 0) & 0xff
  return code === corrupt || code === notADatabase
}

interface NumberedTable {
  readonly table: string
  /** The column that numbers its rows. */
  readonly key: string
}

const numberedTables: readonly NumberedTable[] = [
  { table: 'price_versions', key: 'rowid' },
  { table: 'open_attempts', key: 'id' },
  { table: 'ledger', key: 'seq' },
]

interface Saved {
  kept: number
  lost: number
}

/** Copies every row that can be read. */
function salvage(fresh: DatabaseSync, damaged: string): Saved {
  const saved: Saved = { kept: 0, lost: 0 }
  try {
    fresh.prepare('attach database ? as damaged').run(damaged)
    for (const numbered of numberedTables) {
      salvageTable(fresh, numbered, statSync(damaged).size, saved)
    }
  } catch (cause) {
    if (!isDamage(cause)) throw cause // not even its tables can be named
  } finally {
    const isAttached = fresh
      .prepare('pragma database_list')
      .all()
      .some((row) => row['name'] === 'damaged')
    if (isAttached) fresh.exec('detach database damaged')
  }
  return saved
}

/** Rows are numbered from 1, and the shortest has more than this many bytes: so many can be there at most. */
const leastRowBytes = 32
const stepRows = 1_024

function salvageTable(fresh: DatabaseSync, numbered: NumberedTable, fileBytes: number, saved: Saved): void {
  const { table, key } = numbered
  // The damaged file may be from before the last migration.
  const columns = columnsOf(fresh, table)
  if (columns === '') return
  const copy = fresh.prepare(
    `insert or ignore into main.${table} (${columns}) select ${columns} from damaged.${table}
    where ${key} between ? and ?`,
  )
  const last = lastKey(fresh, numbered) ?? Math.ceil(fileBytes / leastRowBytes)
  const range = (from: number, to: number): void => {
    try {
      saved.kept += Number(copy.run(from, to).changes)
    } catch (cause) {
      if (!isDamage(cause)) throw cause
      if (from === to) saved.lost++
      else {
        const middle = Math.floor((from + to) / 2)
        range(from, middle)
        range(middle + 1, to)
      }
    }
  }
  for (let from = 0; from <= last; from += stepRows) range(from, Math.min(last, from + stepRows - 1))
}

function columnsOf(fresh: DatabaseSync, table: string): string {
  const rows = fresh.prepare(`select name from pragma_table_info(?, 'damaged')`).all(table)
  return rows.map(({ name }) => String(name)).join(', ')
}

function lastKey(fresh: DatabaseSync, { table, key }: NumberedTable): number | undefined {
  try {
    return Number(fresh.prepare(`select max(${key}) as last from damaged.${table}`).get()?.['last'] ?? 0)
  } catch (cause) {
    if (isDamage(cause)) return undefined
    throw cause
  }
}
