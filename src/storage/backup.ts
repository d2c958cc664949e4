/** A backup of a data directory in one file: copies of its databases made while they are in use, and the files beside them. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'

/** The list of what an archive holds, first among its files. */
export const manifestName = 'weir-backup.json'

export interface BackupFile {
  /** Within the data directory, with forward slashes. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export interface BackupManifest {
  /** Of the archive's layout. */
  readonly format: 1
  /** Of the program that wrote it. */
  readonly version: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly files: readonly BackupFile[]
}

/** Locks, sockets and logs of what goes into databases belong to a process; caches fill themselves again. */
const leftOut =
  /^(weir\.lock|weir\.sock|ledger\.log|cache\.db|before-restore-.*|\.restore-.*|.*-(wal|shm|journal))$/

/**
 * Compiled code, where the data directory is the home as in the image: it is of the machine, and none that comes in a file is
 * ever put in place.
 */
export const isCode = (path: string): boolean => path === '.cache' || path.startsWith('.cache/')

/** More pages than any database has: the copy is made in one step, which writers can neither disturb nor wait for. */
const allPages = 2 ** 31 - 1

/**
 * Writes the archive. Each database is copied as it stands at one moment, but not all at the same one. The file appears
 * whole or not at all. Rejects with the file system's error, `EEXIST` where the file is there already.
 */
export async function backUpDataDir(
  dataDir: string,
  file: string,
  about: Pick<BackupManifest, 'version' | 'createdAt'>,
): Promise<BackupManifest> {
  await refuseExisting(file)
  const staging = await mkdtemp(join(dirname(file), '.weir-backup-'))
  try {
    const content = join(staging, 'content')
    await mkdir(content)
    const files: BackupFile[] = []
    const paths = (await listFiles(dataDir)).filter((path) => !isCode(path))
    for (const path of paths) files.push(await copyInto(content, dataDir, path))
    const manifest: BackupManifest = { format: 1, ...about, files }
    await writeFile(join(content, manifestName), JSON.stringify(manifest, null, 2))
    const tar = await import('tar')
    const archive = join(staging, 'archive')
    await tar.create({ gzip: true, portable: true, file: archive, cwd: content, mode: 0o600 }, [
      manifestName,
      ...files.map(({ path }) => path),
    ])
    await refuseExisting(file)
    await rename(archive, file)
    return manifest
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function refuseExisting(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  if (isThere) throw Object.assign(new Error(`${file} is there already`), { code: 'EEXIST' })
}

/** The files of a folder and those below it, in order. */
export async function listFiles(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (leftOut.test(entry.name)) continue
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await listFiles(folder, path)))
    else if (entry.isFile()) found.push(path)
  }
  return found
}

async function copyInto(content: string, dataDir: string, path: string): Promise<BackupFile> {
  const from = join(dataDir, path)
  const to = join(content, path)
  await mkdir(dirname(to), { recursive: true })
  if (path.endsWith('.db')) await copyDatabase(from, to)
  else await copyFile(from, to)
  return { path, ...(await describeFile(to)) }
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true })
  try {
    await backup(source, to, { rate: allPages })
  } finally {
    source.close()
  }
}

/** Reads the file in pieces: a ledger may be larger than the memory. */
export async function describeFile(file: string): Promise<Omit<BackupFile, 'path'>> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') }
}
