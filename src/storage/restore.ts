/** Puts a backup in place of a data directory that no gateway uses. */

import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { parseJson } from '../core/json.ts'
import { type BackupManifest, describeFile, isCode, listFiles, manifestName } from './backup.ts'
import { acquireDataLock } from './data-lock.ts'

export interface Restored {
  readonly manifest: BackupManifest
  /** Where the directory's earlier content was moved; absent where there was none. */
  readonly movedTo?: string
}

export interface RestoreOptions {
  readonly archive: string
  readonly dataDir: string
  /** Replace what is there; it is moved aside, not deleted. */
  readonly replace: boolean
  readonly nowMs: number
}

const manifestShape = z.strictObject({
  format: z.literal(1),
  version: z.string(),
  createdAt: z.string(),
  files: z.array(z.strictObject({ path: z.string(), bytes: z.number(), sha256: z.string() })),
})

/**
 * Checks the whole archive before it touches anything: that it holds what its list says, byte for byte, and that its
 * databases are sound. Throws Error with what is wrong; the directory is then as it was.
 */
export async function restoreDataDir(options: RestoreOptions): Promise<Restored> {
  const { archive, dataDir, replace, nowMs } = options
  const lock = acquireDataLock(dataDir)
  if (!lock) throw new Error(`a gateway uses the data directory ${dataDir}: stop it first`)
  const staging = await mkdtemp(join(dataDir, '.restore-'))
  try {
    const manifest = await unpack(archive, staging)
    const present = await entriesOf(dataDir)
    if (present.length > 0 && !replace) {
      throw new Error(`the data directory ${dataDir} is not empty: add --replace to move its content aside`)
    }
    const movedTo = present.length > 0 ? await moveAside(dataDir, present, nowMs) : undefined
    for (const { path } of manifest.files) {
      if (isCode(path)) continue
      await mkdir(dirname(join(dataDir, path)), { recursive: true, mode: 0o700 })
      await rename(join(staging, path), join(dataDir, path))
    }
    return { manifest, ...(movedTo !== undefined && { movedTo }) }
  } finally {
    await rm(staging, { recursive: true, force: true })
    lock.release()
  }
}

async function unpack(archive: string, staging: string): Promise<BackupManifest> {
  const tar = await import('tar')
  try {
    await tar.extract({
      file: archive,
      cwd: staging,
      strict: true,
      // Links could lead out of the folder; a backup holds none.
      filter: (_path, entry) => 'type' in entry && (entry.type === 'File' || entry.type === 'Directory'),
    })
  } catch (cause) {
    throw new Error(`${archive} is not a backup: it cannot be unpacked`, { cause })
  }
  const text = await readFile(join(staging, manifestName), 'utf8').catch(() => '')
  const shape = manifestShape.safeParse(parseJson(text))
  if (!shape.success) throw new Error(`${archive} is not a backup: it has no list of what it holds`)
  await rm(join(staging, manifestName))
  await checkFiles(archive, staging, shape.data)
  return shape.data
}

async function checkFiles(archive: string, staging: string, { files }: BackupManifest): Promise<void> {
  const listed = new Map(files.map((file) => [file.path, file]))
  for (const path of await listFiles(staging)) {
    const expected = listed.get(path)
    if (!expected) throw new Error(`${archive} is damaged: it holds ${path}, which its list does not name`)
    const { sha256 } = await describeFile(join(staging, path))
    if (sha256 !== expected.sha256) throw new Error(`${archive} is damaged: ${path} is not as it was written`)
    if (path.endsWith('.db')) checkDatabase(archive, path, join(staging, path))
    listed.delete(path)
  }
  const [missing] = listed.keys()
  if (missing !== undefined) throw new Error(`${archive} is damaged: ${missing} is missing`)
}

function checkDatabase(archive: string, path: string, file: string): void {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const row = database.prepare('pragma quick_check(1)').get()
    if (row?.['quick_check'] !== 'ok') throw new Error('not sound')
  } catch (cause) {
    throw new Error(`${archive} is damaged: the database ${path} is not sound`, { cause })
  } finally {
    database.close()
  }
}

/** What would be replaced: all but the lock that is held, compiled code, and what earlier restores moved aside. */
async function entriesOf(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir)
  return names.filter(
    (name) => !isCode(name) && !/^(weir\.lock.*|weir\.sock|\.restore-.*|before-restore-.*)$/.test(name),
  )
}

async function moveAside(dataDir: string, names: readonly string[], nowMs: number): Promise<string> {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')
  const aside = join(dataDir, `before-restore-${stamp}`)
  await mkdir(aside, { mode: 0o700 })
  for (const name of names) await rename(join(dataDir, name), join(aside, name))
  return aside
}
