/** The data directory: who may use it, and the key files beside the databases. */

import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

const keyBytes = 32

/**
 * Random bytes, made once, beside the databases but not in them: whoever takes only those cannot read them. Throws Error
 * where the file is damaged: an empty key would be taken for one.
 */
export function readKeyFile(dataDir: string, name: string): Buffer {
  const file = join(dataDir, name)
  if (!existsSync(file)) makeKeyFile(file)
  const key = readFileSync(file)
  if (key.length === keyBytes) return key
  throw new Error(
    `the key file ${file} is damaged: it has ${key.length} bytes and not ${keyBytes}. ` +
      'Put it back from a backup. Where there is none, remove it: what was made with it is lost then',
  )
}

/** Whole or not at all, and there for good before anything is made with it: also through a power cut. */
function makeKeyFile(file: string): void {
  const unfinished = `${file}.new`
  writeFileSync(unfinished, randomBytes(keyBytes), { mode: 0o600, flush: true })
  renameSync(unfinished, file)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
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
