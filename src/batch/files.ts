/** Callers' files: taken in as they come, within what there is room for, and deleted when their time is over. */

import type { FormPart } from '../core/caller-route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Owner } from './batch.ts'
import type { FileFolder, NewFile } from './file-folder.ts'
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
const pruneMs = 60_000
const filesPerStep = 100
/** Those of OpenAI: an hour, and thirty days. */
const minTtlSeconds = 3600
const maxTtlSeconds = 2_592_000
const maxFieldBytes = 1024
/** What a form has beside its file. */
const maxFormBytes = 16_384

export function createFiles(parts: FilesParts): Files {
  const { store, folder, settings, clock, newId } = parts
  const pruner = new Pruner(parts)

  const find = async (owner: Owner, id: string): Promise<StoredFile> => {
    const file = await store.get(owner, id)
    const isThere = file && (file.expiresAtMs === undefined || file.expiresAtMs > clock.nowMs())
    if (!isThere) throw new GatewayError('not_found', `There is no file \`${id}\`, or it is not this key's.`)
    return file
  }
  const findHere = async (owner: Owner, id: string): Promise<StoredFile> => {
    const file = await find(owner, id)
    if (file.folder === folder.id) return file
    throw new GatewayError('conflict', `The file \`${id}\` is in a folder that this instance does not have.`)
  }
  const admit = async ({ org }: Owner, bytes: number): Promise<void> => {
    const { maxBytes, maxTotalBytes } = settings()
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    if ((await store.totalBytes(org)) + bytes > maxTotalBytes) {
      const message = `The organisation's files would take more than ${maxTotalBytes} bytes.`
      throw new GatewayError('storage_full', message)
    }
    await folder.admit(bytes)
  }
  const keep = async (
    owner: Owner,
    file: NewFile,
    named: Omit<Named, 'org' | 'keyId'>,
  ): Promise<StoredFile> => {
    const { id, filename, purpose, ttlSeconds } = named
    const createdAtMs = clock.nowMs()
    const ttlMs = ttlSeconds === undefined ? settings().ttlDays * dayMs : ttlSeconds * 1000
    const { bytes } = file
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
  return {
    async receive(owner, form, announcedBytes) {
      await admit(owner, announcedBytes - maxFormBytes)
      const id = newId()
      const received = await receiveForm(form, () => folder.create(id), settings().maxBytes)
      try {
        const { file, filename } = received
        if (!file) throw invalid('The form has no `file`.', 'file')
        if (file.bytes === 0) throw invalid('The file is empty.', 'file')
        await admit(owner, file.bytes)
        return await keep(owner, file, { id, filename, ...readFields(received.fields) })
      } catch (error) {
        await received.file?.discard()
        throw error
      }
    },
    async write(owner, filename, content) {
      const id = newId()
      const file = await folder.create(id)
      try {
        for (const piece of content) await file.write(piece)
        await admit(owner, file.bytes)
        return await keep(owner, file, { id, filename, purpose: 'batch', ttlSeconds: undefined })
      } catch (error) {
        await file.discard()
        throw error
      }
    },
    list: (query) => store.list(query),
    get: find,
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

interface Named extends Owner {
  readonly id: string
  readonly filename: string
  readonly purpose: string
  readonly ttlSeconds: number | undefined
}

interface Received {
  readonly file: NewFile | undefined
  readonly filename: string
  readonly fields: ReadonlyMap<string, string>
}

async function receiveForm(
  form: AsyncIterable<FormPart>,
  create: () => Promise<NewFile>,
  maxBytes: number,
): Promise<Received> {
  const fields = new Map<string, string>()
  let file: NewFile | undefined
  let filename = ''
  try {
    for await (const { name, filename: given, content } of form) {
      if (name !== 'file') {
        fields.set(name, await readField(name, content))
        continue
      }
      if (file) throw invalid('The form has two files.', 'file')
      file = await create()
      filename = (given ?? 'file').slice(0, 255)
      for await (const piece of content) {
        await file.write(piece)
        if (file.bytes > maxBytes) throw tooLarge(maxBytes)
      }
    }
  } catch (error) {
    await file?.discard()
    throw error
  }
  return { file, filename, fields }
}

async function readField(name: string, content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of content) {
    bytes += piece.length
    if (bytes > maxFieldBytes) throw invalid(`The field \`${name}\` is too long.`, name)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function readFields(fields: ReadonlyMap<string, string>): Pick<Named, 'purpose' | 'ttlSeconds'> {
  const purpose = fields.get('purpose')
  if (purpose === undefined) throw invalid('The form has no `purpose`.', 'purpose')
  if (purpose !== 'batch') throw invalid('Only files for `purpose: batch` are kept here.', 'purpose')
  return {
    purpose,
    ttlSeconds: readTtl(fields.get('expires_after[anchor]'), fields.get('expires_after[seconds]')),
  }
}

/** `expires_after` of a file, or of a batch's output. Throws `invalid_request`. */
export function readTtl(anchor: unknown, seconds: unknown): number | undefined {
  if (anchor === undefined && seconds === undefined) return undefined
  if (anchor !== 'created_at') throw invalid('The anchor can only be `created_at`.', 'expires_after.anchor')
  const value = Number(seconds)
  if (Number.isInteger(value) && value >= minTtlSeconds && value <= maxTtlSeconds) return value
  const message = `Files may expire after ${minTtlSeconds} to ${maxTtlSeconds} seconds.`
  throw invalid(message, 'expires_after.seconds')
}

class Pruner {
  readonly #parts: FilesParts
  #timer: NodeJS.Timeout | undefined
  #pruning: Promise<void> | undefined

  constructor(parts: FilesParts) {
    this.#parts = parts
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#pruning ??= this.#prune()
        .catch((cause: unknown) => this.#parts.onError(cause))
        .finally(() => (this.#pruning = undefined))
    }, pruneMs).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#pruning
  }

  async #prune(): Promise<void> {
    const { store, batches, folder, clock } = this.#parts
    const expired = await store.expired(folder.id, clock.nowMs(), filesPerStep)
    if (expired.length === 0) return
    const needed = new Set((await batches.open(folder.id)).map(({ inputFileId }) => inputFileId))
    for (const { id, org, keyId } of expired) {
      if (needed.has(id)) continue
      await store.delete({ org, keyId }, id)
      await folder.remove(id)
    }
  }
}

function invalid(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('request_too_large', `The file exceeds ${maxBytes} bytes.`)
}
