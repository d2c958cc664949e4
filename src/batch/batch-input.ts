/** What the lines of a batch ask: read from its input file, and kept until they begin where there is room for it. */

import type { FileHandle } from 'node:fs/promises'
import type { Json } from '../core/json.ts'
import type { Batch } from './batch.ts'
import type { FileFolder } from './file-folder.ts'
import type { Ways } from './lanes.ts'
import type { Claim } from './port.ts'
import { readPlaces } from './read-places.ts'
import { LineError, readRequestLine, type RequestLine } from './request-line.ts'

/** A line that this instance has and that has not begun. */
export interface WaitingLine extends Claim {
  readonly ways: Ways
  /** What it asks. Absent where that is read again when it begins. */
  readonly kept?: { readonly request: RequestLine | undefined }
}

/** A line that begins. */
export interface ReadyLine extends Claim {
  /** Undefined where the input file does not hold it any more. */
  readonly request: RequestLine | undefined
}

export interface BatchInputParts {
  readonly folder: FileFolder
  parse(text: Buffer): Json
  waysOf(request: RequestLine): Ways
}

/** Kept of one line, and of all lines of all batches. */
const maxKeptLineBytes = 256 * 1024
const maxKeptBytes = 64 * 1024 * 1024

/** Over all batches. */
export class InputRoom {
  #keptBytes = 0
  #reading: Promise<unknown> = Promise.resolve()

  get keptBytes(): number {
    return this.#keptBytes
  }

  keep(bytes: number): boolean {
    if (bytes > maxKeptLineBytes || this.#keptBytes + bytes > maxKeptBytes) return false
    this.#keptBytes += bytes
    return true
  }

  forget(bytes: number): void {
    this.#keptBytes -= bytes
  }

  /** One batch reads at a time: the texts of many lines are in memory while it does. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#reading.then(work)
    this.#reading = done.catch(() => undefined)
    return done
  }
}

export class BatchInput {
  readonly #batch: Pick<Batch, 'inputFileId' | 'endpoint'>
  readonly #parts: BatchInputParts
  readonly #room: InputRoom
  #file: FileHandle | undefined

  constructor(batch: Pick<Batch, 'inputFileId' | 'endpoint'>, parts: BatchInputParts, room: InputRoom) {
    this.#batch = batch
    this.#parts = parts
    this.#room = room
  }

  /** Their texts are in memory together. Rejects where there is no such file. */
  read(claims: readonly Claim[]): Promise<WaitingLine[]> {
    return this.#room.inTurn(async () => {
      const file = await this.#open()
      const texts = await readPlaces(file, claims).catch(() => readEach(file, claims))
      return claims.map((claim, index): WaitingLine => {
        const request = this.#parse(texts[index])
        const line = { ...claim, ways: request ? this.#parts.waysOf(request) : [] }
        return this.#room.keep(claim.bytes) ? { ...line, kept: { request } } : line
      })
    })
  }

  /** It begins. */
  async begin({ kept, ...line }: WaitingLine): Promise<ReadyLine> {
    if (!kept) return { ...line, request: this.#parse((await readEach(await this.#open(), [line]))[0]) }
    this.#room.forget(line.bytes)
    return { ...line, request: kept.request }
  }

  /** It began, and waits again. */
  keepAgain({ kept, ...line }: WaitingLine): WaitingLine {
    return kept && this.#room.keep(line.bytes) ? { ...line, kept } : line
  }

  /** They do not begin here. */
  forget(lines: readonly WaitingLine[]): void {
    for (const { kept, bytes } of lines) if (kept) this.#room.forget(bytes)
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  async #open(): Promise<FileHandle> {
    return (this.#file ??= await this.#parts.folder.open(this.#batch.inputFileId, 'r'))
  }

  /** It was valid when the batch began: the file, or what is allowed, may have changed since. */
  #parse(text: Buffer | undefined): RequestLine | undefined {
    if (text === undefined) return undefined
    try {
      return readRequestLine(text, this.#batch.endpoint, this.#parts.parse)
    } catch (error) {
      if (error instanceof LineError) return undefined
      throw error
    }
  }
}

/** Undefined for those that the file does not reach to any more. */
function readEach(input: FileHandle, claims: readonly Claim[]): Promise<(Buffer | undefined)[]> {
  return Promise.all(
    claims.map((claim) =>
      readPlaces(input, [claim]).then(
        ([text]) => text,
        () => undefined,
      ),
    ),
  )
}
