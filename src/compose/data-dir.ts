/** The data directory: who may use it, and the key files beside the databases. */

import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/load.ts'
import { acquireDataLock, type DataLock } from '../storage/data-lock.ts'

/** Throws Error where another process holds it. */
export function lockDataDir(dataDir: string): DataLock {
  const lock = acquireDataLock(dataDir)
  if (lock) return lock
  throw new Error(
    `another process uses the data directory ${dataDir}: stop it, or choose another with --data`,
  )
}

/** 32 random bytes, made once, beside the databases but not in them: whoever takes only those cannot read them. */
export function readKeyFile(dataDir: string, name: string): Buffer {
  const file = join(dataDir, name)
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' })
  return readFileSync(file)
}

/** What an instance is called among others: it keeps its name as long as its journal. */
export function instanceOf(dataDir: string): string {
  return createHash('sha256').update(readKeyFile(dataDir, 'instance')).digest('base64url').slice(0, 16)
}

/**
 * What callers' data is sealed with before it is stored. Derived from the pepper (HKDF, RFC 5869) where one is configured,
 * so that each of its instances reads what any of them has stored; else a key file.
 */
export function sealingKey(
  { access, dataDir }: Pick<Config, 'access' | 'dataDir'>,
  of: 'stored-responses' | 'idempotency' | 'payloads' | 'answers',
): Buffer {
  if (access.pepper === undefined) return readKeyFile(dataDir, `${of}.key`)
  return Buffer.from(hkdfSync('sha256', access.pepper.reveal(), '', `weir: ${of}`, 32))
}
