/** Callers' files: taken in as they come, within what there is room for, and deleted when their time is over. */

import type { FormPart } from '../core/caller-route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Owner } from './batch.ts'
import type { FileFolder, NewFile } from './file-folder.ts'
import { type FileWish, invalid, maxFormBytes, readFields, receiveForm, tooLarge } from './file-form.ts'
import { FilePruner } from './file-pruner.ts'
import type { BatchStore, FileQuery, FileStore, StoredFile } from './port.ts'

export interface FileSettings {
  readonly maxBytes: number
  /** Of all files of an organisation. */
  readonly maxTotalBytes: number
  readonly ttlDays: number
}

export interface FilesParts {
  readonly store: FileStore
  readonly batches: Pick<BatchStore, 'open'>
  readonly folder: FileFolder
  readonly settings: () => FileSettings
  readonly clock: Clock
  readonly newId: () => string
  onError(cause: unknown): void
}

export interface Files {
  /** Reads a form with `file`, `purpose` and, where wanted, `expires_after`. Throws GatewayError. */
  receive(owner: Owner, form: AsyncIterable<FormPart>, announcedBytes: number): Promise<StoredFile>
  /** Keeps what the gateway has made itself, for `purpose: batch`. */
  write(owner: Owner, filename: string, content: Iterable<Uint8Array>): Promise<StoredFile>
  list(query: FileQuery): Promise<readonly StoredFile[]>
  /** Throws `not_found`; so do the others. */
  get(owner: Owner, id: string): Promise<StoredFile>
  content(owner: Owner, id: string): Promise<{ file: StoredFile; content: AsyncIterable<Uint8Array> }>
  /** Throws `conflict` while a batch needs it. */
  delete(owner: Owner, id: string): Promise<void>
  /** Begins to delete what has expired. */
  start(): void
  close(): Promise<void>
}

const dayMs = 86_400_000

export function createFiles(parts: FilesParts): Files {
  const { store, folder, settings, newId } = parts
  const pruner = new FilePruner(parts)

  const findHere = async (owner: Owner, id: string): Promise<StoredFile> => {
    const file = await find(owner, id, parts)
    if (file.folder === folder.id) return file
    throw new GatewayError('conflict', `The file \`${id}\` is in a folder that this instance does not have.`)
  }
  /** Nobody will ask for it: its id was never told. */
  const forget = async (id: string, file: NewFile | undefined): Promise<void> => {
    await file?.discard()
    await folder.remove(id)
  }
  return {
    async receive(owner, form, announcedBytes) {
      await admit(owner, announcedBytes - maxFormBytes, parts)
      const id = newId()
      const { file, filename, fields } = await receiveForm(form, () => folder.create(id), settings().maxBytes)
      try {
        if (!file) throw invalid('The form has no `file`.', 'file')
        if (file.bytes === 0) throw invalid('The file is empty.', 'file')
        return await keep(owner, file, { id, filename, ...readFields(fields) }, parts)
      } catch (error) {
        await forget(id, file)
        throw error
      }
    },
    async write(owner, filename, content) {
      const id = newId()
      const file = await folder.create(id)
      try {
        for (const piece of content) await file.write(piece)
        return await keep(owner, file, { id, filename, purpose: 'batch', ttlSeconds: undefined }, parts)
      } catch (error) {
        await forget(id, file)
        throw error
      }
    },
    list: (query) => store.list(query),
    get: (owner, id) => find(owner, id, parts),
    async content(owner, id) {
      const file = await findHere(owner, id)
      return { file, content: folder.read(id) }
    },
    async delete(owner, id) {
      const file = await findHere(owner, id)
      const open = await parts.batches.open(folder.id)
      if (open.some(({ inputFileId }) => inputFileId === id)) {
        throw new GatewayError('conflict', 'A batch that has not ended needs this file: cancel it first.')
      }
      await store.delete(owner, file.id)
      await folder.remove(id)
    },
    start: () => pruner.start(),
    close: () => pruner.close(),
  }
}

/** Throws `not_found`, also where its time is over. */
async function find(
  owner: Owner,
  id: string,
  { store, clock }: Pick<FilesParts, 'store' | 'clock'>,
): Promise<StoredFile> {
  const file = await store.get(owner, id)
  const isThere = file && (file.expiresAtMs === undefined || file.expiresAtMs > clock.nowMs())
  if (!isThere) throw new GatewayError('not_found', `There is no file \`${id}\`, or it is not this key's.`)
  return file
}

/** Throws `request_too_large` or `storage_full`. */
async function admit(
  { org }: Owner,
  bytes: number,
  { store, folder, settings }: Pick<FilesParts, 'store' | 'folder' | 'settings'>,
): Promise<void> {
  const { maxBytes, maxTotalBytes } = settings()
  if (bytes > maxBytes) throw tooLarge(maxBytes)
  if ((await store.totalBytes(org)) + bytes > maxTotalBytes) {
    const message = `The organisation's files would take more than ${maxTotalBytes} bytes.`
    throw new GatewayError('storage_full', message)
  }
  await folder.admit(bytes)
}

interface Named extends FileWish {
  readonly id: string
  readonly filename: string
}

async function keep(owner: Owner, file: NewFile, named: Named, parts: FilesParts): Promise<StoredFile> {
  const { store, folder, settings, clock } = parts
  const { id, filename, purpose, ttlSeconds } = named
  const { bytes } = file
  await admit(owner, bytes, parts)
  const createdAtMs = clock.nowMs()
  const ttlMs = ttlSeconds === undefined ? settings().ttlDays * dayMs : ttlSeconds * 1000
  await file.keep()
  const stored = {
    id,
    org: owner.org,
    keyId: owner.keyId,
    folder: folder.id,
    purpose,
    filename,
    bytes,
    createdAtMs,
    expiresAtMs: createdAtMs + ttlMs,
  }
  await store.put(stored)
  return stored
}
