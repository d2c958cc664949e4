/** SQLite as an asynchronous database: Kysely's driver over one connection of `node:sqlite`. */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { Migration } from '../migration.ts'
import { openStore } from '../sqlite/open.ts'
import { startVacuum } from '../sqlite/vacuum.ts'
import type { Database } from './database.ts'
import { unavailable } from './unavailable.ts'

/** Opens or creates the file and brings its tables up to date. Throws as `openStore` does. */
export function openSqlite(path: string, migrations: readonly Migration[], clock: Clock): Database {
  const file = openStore(path, migrations, clock)
  const stopVacuum = startVacuum(file)
  const kysely = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new SqliteDriver(file),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  return {
    dialect: 'sqlite',
    kysely,
    transaction: (work) => kysely.transaction().execute(work),
    async close() {
      stopVacuum()
      await kysely.destroy()
      // Kysely destroys no driver that it never used.
      if (file.isOpen) file.close()
    },
  }
}

/** As long as the pool of PostgreSQL waits for a connection. */
const acquireTimeoutMs = 2000

class SqliteDriver implements Driver {
  readonly #file: DatabaseSync
  readonly #connection: SqliteConnection
  readonly #queue = new Queue()

  constructor(file: DatabaseSync) {
    this.#file = file
    this.#connection = new SqliteConnection(file)
  }

  async init(): Promise<void> {
    // The file is open.
  }

  /** There is one connection: what comes while a transaction has it would become a part of that transaction. */
  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#queue.enter()
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#queue.leave()
  }

  /** Takes the write lock at once: a transaction that asks for it halfway can be refused halfway. */
  async beginTransaction(): Promise<void> {
    this.#run('begin immediate')
  }

  async commitTransaction(): Promise<void> {
    this.#run('commit')
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk or an I/O error may have ended the transaction already.
    if (this.#file.isTransaction) this.#run('rollback')
  }

  async destroy(): Promise<void> {
    this.#file.close()
  }

  #run(sql: string): void {
    guarded(() => this.#file.exec(sql))
  }
}

/** First come, first served; who waits too long is refused, so that a transaction that waits for itself ends. */
class Queue {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  async enter(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true
      return
    }
    await new Promise<void>((resolve, reject) => {
      const proceed = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1)
        reject(unavailable(new Error(`no connection within ${acquireTimeoutMs} ms`)))
      }, acquireTimeoutMs)
      this.#waiting.push(proceed)
    })
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#isTaken = false
  }
}

/** Lists of variable length make ever new texts, so the cache is emptied rather than let grow. */
const maxStatements = 256

interface Prepared {
  readonly statement: StatementSync
  readonly givesRows: boolean
}

class SqliteConnection implements DatabaseConnection {
  readonly #file: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  constructor(file: DatabaseSync) {
    this.#file = file
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return guarded(() => {
      const { statement, givesRows } = this.#prepare(sql)
      const values = parameters as readonly SQLInputValue[]
      // Its rows have no prototype, unlike all other rows and objects.
      if (givesRows) return { rows: statement.all(...values).map((row) => ({ ...row })) as Row[] }
      return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
    })
  }

  streamQuery(): never {
    throw new Error('queries are not streamed: read pages')
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#file.prepare(sql)
    const prepared = { statement, givesRows: statement.columns().length > 0 }
    if (this.#prepared.size >= maxStatements) this.#prepared.clear()
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

/** BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB (sqlite.org/rescode.html). */
const faultCodes = new Set([5, 6, 7, 8, 10, 11, 13, 14, 26])

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    // The low byte of an extended code is the code.
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
    throw code !== undefined && faultCodes.has(code) ? unavailable(error) : error
  }
}
