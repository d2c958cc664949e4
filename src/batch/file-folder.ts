/** The folder of files' bytes: bounded writes that leave nothing half done, and reads of any part. */

import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../core/error.ts'

export interface FileFolder {
  /** Instances that mount the same folder know by it that they do. */
  readonly id: string
  /** Throws `storage_full` where so many bytes would leave too little space for everything else. */
  admit(bytes: number): Promise<void>
  /** Begins a file. Nobody sees it before it is kept. */
  create(name: string): Promise<NewFile>
  open(name: string, flags: 'r' | 'a+' | 'r+'): Promise<FileHandle>
  /** From this byte on; of a file that is not there, nothing. */
  read(name: string, from?: number): AsyncGenerator<Buffer>
  /** 0 where there is none. */
  size(name: string): Promise<number>
  remove(name: string): Promise<void>
  names(): Promise<readonly string[]>
  /** Deletes what was begun and never kept, by a process that has ended. */
  sweep(): Promise<void>
}

export interface NewFile {
  readonly bytes: number
  /** Throws `storage_full`. */
  write(bytes: Uint8Array): Promise<void>
  /** In place of one that has this name. */
  keep(): Promise<void>
  discard(): Promise<void>
}

/** Space that the ledger, the database and the records go on with. */
const reservedBytes = 256 * 1024 * 1024
const abandonedAfterMs = 86_400_000
const readBytes = 256 * 1024

/** `freeBytes` is for tests. */
export function openFileFolder(folder: string, freeBytes = () => freeBytesOf(folder)): FileFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const pathOf = (name: string) => join(folder, name)
  return {
    id: folderId(folder),
    async admit(bytes) {
      if ((await freeBytes()) - bytes < reservedBytes) throw storageFull()
    },
    create: (name) => createFile(pathOf(name)),
    open: (name, flags) => open(pathOf(name), flags, 0o600),
    async *read(name, from = 0) {
      const handle = await openToRead(pathOf(name))
      if (!handle) return
      try {
        for (let at = from; ;) {
          const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(readBytes), 0, readBytes, at)
          if (bytesRead === 0) return
          at += bytesRead
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await handle.close()
      }
    },
    async size(name) {
      return (await statOf(pathOf(name)))?.size ?? 0
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    names: () => readdir(folder),
    async sweep() {
      for (const name of await readdir(folder)) {
        if (!name.endsWith('.new')) continue
        const { mtimeMs = 0 } = (await statOf(pathOf(name))) ?? {}
        if (Date.now() - mtimeMs > abandonedAfterMs) await rm(pathOf(name), { force: true })
      }
    },
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Of several instances that start together on an empty folder, one names it: whole, before any other reads it. */
function folderId(folder: string): string {
  const file = join(folder, 'folder-id')
  if (!existsSync(file)) {
    const own = `${file}.${randomUUID()}`
    writeFileSync(own, randomUUID(), { mode: 0o600 })
    try {
      linkSync(own, file)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    rmSync(own)
  }
  return readFileSync(file, 'utf8')
}

async function createFile(path: string): Promise<NewFile> {
  // Of its own: where two instances end one batch, neither writes into what the other keeps.
  const unfinished = `${path}.${randomUUID()}.new`
  const handle = await guarded(open(unfinished, 'w', 0o600))
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    async write(chunk) {
      for (let at = 0; at < chunk.length;) {
        const { bytesWritten } = await guarded(handle.write(chunk, at))
        at += bytesWritten
      }
      bytes += chunk.length
    },
    async keep() {
      await guarded(handle.datasync())
      await handle.close()
      await rename(unfinished, path)
    },
    async discard() {
      await handle.close()
      await rm(unfinished, { force: true })
    },
  }
}

async function openToRead(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function statOf(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** A full disk and a full quota are told as what they are. */
async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (['ENOSPC', 'EDQUOT'].includes(codeOf(cause) ?? '')) throw storageFull(cause)
    throw cause
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function storageFull(cause?: unknown): GatewayError {
  return new GatewayError('storage_full', 'There is not enough space left for this file.', { cause })
}
