/** Ends a batch: its results in the order of its lines, in files that its owner may read. */

import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { asObject, asString, type Json } from '../core/json.ts'
import type { Batch, BatchStatus, StopReason } from './batch.ts'
import type { FileFolder, NewFile } from './file-folder.ts'
import type { BatchChange, BatchStore, FileStore, LineState } from './port.ts'
import { unansweredLine } from './result-line.ts'

export interface ConcludeParts {
  readonly store: Pick<BatchStore, 'lines' | 'change'>
  readonly files: Pick<FileStore, 'put'>
  readonly folder: FileFolder
  readonly clock: Clock
  /** Who is told of the end. */
  readonly receivers: () => readonly string[]
  /** How long the files are kept, in milliseconds. */
  readonly ttlMs: () => number
  /** Throws GatewayError for what is no JSON, or is too deep. */
  parse(text: Buffer): Json
  /** Asked now and then; throws where this process is about to end. */
  mayGoOn(): void
}

const linesPerStep = 256
const writeBytes = 256 * 1024

/** Undefined where the batch had ended already. May be done again after a crash: the same files come of it. */
export async function concludeBatch(batch: Batch, parts: ConcludeParts): Promise<Batch | undefined> {
  const { store, clock } = parts
  const files = new ResultFiles(batch, parts)
  try {
    for (let after = 0; ;) {
      const lines = await store.lines(batch.id, after, linesPerStep)
      const last = lines.at(-1)
      if (!last) break
      after = last.line
      await files.add(lines)
      parts.mayGoOn()
    }
    const kept = await files.keep()
    const nowMs = clock.nowMs()
    const end = { ...kept, status: endOf(batch), endedAtMs: nowMs }
    const told = { names: parts.receivers(), nowMs }
    return await store.change(batch.id, ['finalizing', 'cancelling'], end, told)
  } finally {
    await files.close()
  }
}

const ends: Record<StopReason, BatchStatus> = {
  expired: 'expired',
  cancelled: 'cancelled',
  max_usd: 'completed',
}

function endOf({ stop }: Batch): BatchStatus {
  return stop === undefined ? 'completed' : ends[stop]
}

class ResultFiles {
  readonly #batch: Batch
  readonly #parts: ConcludeParts
  readonly #sources = new Map<string, FileHandle>()
  readonly #output: BufferedFile
  readonly #errors: BufferedFile

  constructor(batch: Batch, parts: ConcludeParts) {
    this.#batch = batch
    this.#parts = parts
    const base = batch.id.replace(/^[a-z]+_/, 'file-')
    this.#output = new BufferedFile(parts.folder, `${base}-output`)
    // Anthropic's results are in one list, whatever became of them.
    this.#errors =
      batch.dialect === 'anthropic' ? this.#output : new BufferedFile(parts.folder, `${base}-errors`)
  }

  async add(lines: readonly LineState[]): Promise<void> {
    for (const { text, isGood } of await Promise.all(lines.map((line) => this.#textOf(line)))) {
      await (isGood ? this.#output : this.#errors).add(text)
    }
  }

  async keep(): Promise<BatchChange> {
    const outputFileId = await this.#keep(this.#output, 'output')
    const errorFileId = this.#errors === this.#output ? undefined : await this.#keep(this.#errors, 'errors')
    return {
      ...(outputFileId !== undefined && { outputFileId }),
      ...(errorFileId !== undefined && { errorFileId }),
    }
  }

  async close(): Promise<void> {
    for (const handle of this.#sources.values()) await handle.close()
    await this.#output.discard()
    await this.#errors.discard()
  }

  async #keep(file: BufferedFile, what: string): Promise<string | undefined> {
    const bytes = await file.keep()
    if (bytes === undefined) return undefined
    const { files, clock, ttlMs } = this.#parts
    const { org, keyId, id, folder, outputTtlSeconds } = this.#batch
    const createdAtMs = clock.nowMs()
    await files.put({
      id: file.name,
      org,
      keyId,
      folder,
      purpose: 'batch_output',
      filename: `${id}_${what}.jsonl`,
      bytes,
      createdAtMs,
      expiresAtMs: createdAtMs + (outputTtlSeconds === undefined ? ttlMs() : outputTtlSeconds * 1000),
    })
    return file.name
  }

  async #textOf({ line, offset, bytes, result }: LineState): Promise<{ text: Buffer; isGood: boolean }> {
    if (result) {
      const text = await this.#read(result.part, result.offset, result.bytes)
      if (text && isWhole(text)) return { text, isGood: !result.isError }
    }
    const { inputFileId, stop } = this.#batch
    const input = await this.#read(inputFileId, offset, bytes)
    const customId = input && this.#customIdIn(input)
    const why = result ? 'lost' : (stop ?? 'lost')
    return { text: Buffer.from(unansweredLine(this.#batch, line, customId ?? '', why)), isGood: false }
  }

  /** Undefined where it is not what it was: read again and again, it brings no batch to its end. */
  #customIdIn(input: Buffer): string | undefined {
    try {
      return asString(asObject(this.#parts.parse(input))?.['custom_id'])
    } catch (error) {
      if (error instanceof GatewayError) return undefined
      throw error
    }
  }

  /** Undefined where there is no such file, or it does not reach so far. */
  async #read(name: string, offset: number, bytes: number): Promise<Buffer | undefined> {
    const handle = await this.#source(name).catch(ignoreMissing)
    if (!handle) return undefined
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, offset)
    return bytesRead === bytes ? buffer : undefined
  }

  async #source(name: string): Promise<FileHandle> {
    const known = this.#sources.get(name)
    if (known) return known
    const handle = await this.#parts.folder.open(name, 'r')
    const other = this.#sources.get(name)
    if (other) await handle.close()
    else this.#sources.set(name, handle)
    return other ?? handle
  }
}

/** What a failure of the power took from a file reads as zeros, once more was written behind it. */
function isWhole(result: Buffer): boolean {
  return result[0] === 0x7b && result.at(-1) === 0x7d && !result.includes(0)
}

/** Lines that were in it are lost: to look for them again and again brings none back. */
function ignoreMissing(cause: unknown): undefined {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause
}

/** Lines are written many at a time; no file is made before there is one. */
class BufferedFile {
  readonly name: string
  readonly #folder: FileFolder
  #file: NewFile | undefined
  #lines: Buffer[] = []
  #bytes = 0

  constructor(folder: FileFolder, name: string) {
    this.#folder = folder
    this.name = name
  }

  async add(line: Buffer): Promise<void> {
    this.#lines.push(line, newline)
    this.#bytes += line.length + 1
    if (this.#bytes >= writeBytes) await this.#write()
  }

  /** How many bytes it has; undefined where it has no lines. */
  async keep(): Promise<number | undefined> {
    if (this.#bytes > 0) await this.#write()
    const file = this.#file
    this.#file = undefined
    await file?.keep()
    return file?.bytes
  }

  async discard(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.discard()
  }

  async #write(): Promise<void> {
    this.#file ??= await this.#folder.create(this.name)
    const lines = Buffer.concat(this.#lines)
    this.#lines = []
    this.#bytes = 0
    await this.#file.write(lines)
  }
}

const newline = Buffer.from('\n')
