/** Opens the database that the setting `store` names. */

import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/error.ts'
import type { Secret } from '../../core/secret.ts'
import type { Database } from './database.ts'
import { migrations } from './migrations.ts'
import { openSqlite } from './sqlite.ts'

export interface DatabaseOptions {
  /** A secret is the URL of a PostgreSQL server, its password included. */
  readonly store: 'sqlite' | Secret
  /** Where SQLite's file is. */
  readonly dataDir: string
  readonly clock: Clock
  /** A connection broke while nobody used it. */
  onError(cause: unknown): void
}

/** Throws when the database cannot be reached, or was written by a newer program. */
export async function openDatabase({ store, dataDir, clock, onError }: DatabaseOptions): Promise<Database> {
  if (store === 'sqlite') return openSqlite(join(dataDir, 'weir.db'), migrations, clock)
  const { openPostgres } = await import('./postgres.ts')
  try {
    return await openPostgres(store.reveal(), migrations, clock, onError)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    // Whoever starts the gateway may know what its callers may not.
    throw new Error(`the database that \`store\` names is not available: ${reasonOf(error.cause)}`, {
      cause: error,
    })
  }
}

/** Where a name has several addresses, the error has a code and no message. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message
}
