/** The data directory: who may use it, and the key files beside the databases. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
