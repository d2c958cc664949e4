/** The results of one instance in the order in which they come: appended to a file first, then made known in the store. */

import type { FileHandle } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Batch, BatchUsage } from './batch.ts'
import type { FileFolder } from './file-folder.ts'
import { readLines } from './json-lines.ts'
import type { BatchStore, SettledLine } from './port.ts'

export interface NewResult {
  readonly line: number
  readonly isError: boolean
  readonly costNanoUsd: NanoUsd
  readonly usage: BatchUsage
  /** One line of JSON. */
  readonly text: string
}

export interface ResultLogParts {
  readonly store: Pick<BatchStore, 'settle' | 'endOfPart'>
  readonly folder: FileFolder
  /** A name that this instance keeps over restarts, and no other has. */
  readonly instance: string
  readonly clock: Clock
  /** What is appended is on the disk before it is made known. */
  readonly isDurable: boolean
  /** It is tried again. */
  onError(cause: unknown): void
}

interface Entry extends NewResult {
  resolve(batch: Batch | undefined): void
}

interface Part {
  readonly name: string
  readonly waiting: Entry[]
  handle: FileHandle | undefined
  end: number
  flushing: Promise<void> | undefined
}

const maxEntriesAtOnce = 200
const retryMs = 1000
/** Others come within this time, and share the write and the transaction. */
const gatherMs = 5

/** Each batch has one such file per instance. A result that is in it is not lost, whatever ends the process. */
export class ResultLog {
  readonly #parts: ResultLogParts
  readonly #open = new Map<string, Part>()
  #isClosed = false

  constructor(parts: ResultLogParts) {
    this.#parts = parts
  }

  /**
   * Resolves when the result is known in the store: with the batch as it is then. Never rejects, but waits for a store that
   * is away; where the log is closed meanwhile, undefined: what is on the disk by then is made known at the next start.
   */
  append(batchId: string, result: NewResult): Promise<Batch | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined)
    const { promise, resolve } = Promise.withResolvers<Batch | undefined>()
    const part = this.#partOf(batchId)
    part.waiting.push({ ...result, resolve })
    part.flushing ??= this.#flush(batchId, part)
    return promise
  }

  /** Makes known what a process that was killed had appended, and cuts off what it had half written. */
  async recover(batchId: string): Promise<void> {
    const { store, folder, instance, clock } = this.#parts
    const name = this.#nameOf(batchId)
    const size = await folder.size(name)
    const known = await store.endOfPart(batchId, name)
    if (size <= known + 1) return
    let whole = known === 0 ? 0 : known + 1
    const from = whole
    for await (const lines of readLines(folder.read(name, from), size)) {
      const found: SettledLine[] = []
      for (const { offset, text } of lines) {
        const entry = text && readEntry(text, name, from + offset)
        if (!entry || entry.offset + entry.bytes >= size) break
        whole = entry.offset + entry.bytes + 1
        found.push(entry)
      }
      if (found.length > 0) await store.settle(batchId, instance, found, clock.nowMs())
    }
    const handle = await folder.open(name, 'r+')
    await handle.truncate(whole)
    await handle.close()
  }

  /** The batch has ended. */
  async drop(batchId: string): Promise<void> {
    const part = this.#open.get(batchId)
    this.#open.delete(batchId)
    await part?.handle?.close()
  }

  /** What is appended is written; what the store could not be told is found at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const [batchId, { flushing }] of this.#open) {
      await flushing
      await this.drop(batchId)
    }
  }

  #nameOf(batchId: string): string {
    return partName(batchId, this.#parts.instance)
  }

  #partOf(batchId: string): Part {
    let part = this.#open.get(batchId)
    if (!part) {
      part = { name: this.#nameOf(batchId), waiting: [], handle: undefined, end: 0, flushing: undefined }
      this.#open.set(batchId, part)
    }
    return part
  }

  /** One write and one transaction for all that came while the ones before were under way. */
  async #flush(batchId: string, part: Part): Promise<void> {
    const { store, instance, clock } = this.#parts
    const tell = (lines: readonly SettledLine[]) => store.settle(batchId, instance, lines, clock.nowMs())
    while (part.waiting.length > 0 && !this.#isClosed) {
      await delay(gatherMs)
      const entries = part.waiting.splice(0, maxEntriesAtOnce)
      const lines = await this.#insist(() => this.#write(batchId, part, entries))
      const batch = lines && (await this.#insist(() => tell(lines)))
      for (const { resolve } of entries) resolve(batch)
    }
    for (const { resolve } of part.waiting.splice(0)) resolve(undefined)
    // In the step in which nothing waits: who appends in the next one would wait for a flush that is over.
    part.flushing = undefined
  }

  async #write(batchId: string, part: Part, entries: readonly Entry[]): Promise<SettledLine[]> {
    const { store, folder, isDurable } = this.#parts
    if (!part.handle) {
      // The store may know of results that a failure of the power has taken: nothing else comes to stand in their place.
      const known = await store.endOfPart(batchId, part.name)
      part.end = Math.max(await folder.size(part.name), known === 0 ? 0 : known + 1)
      await (await folder.open(part.name, 'a+')).close()
      part.handle = await folder.open(part.name, 'r+')
    }
    const lines: SettledLine[] = []
    const texts: string[] = []
    let at = part.end
    for (const { line, isError, costNanoUsd, usage, text } of entries) {
      const head = `${line}\t${Number(isError)}\t${costNanoUsd}\t${usageText(usage)}\t`
      const bytes = Buffer.byteLength(text)
      lines.push({ line, isError, costNanoUsd, usage, part: part.name, offset: at + head.length, bytes })
      texts.push(head, text, '\n')
      at += head.length + bytes + 1
    }
    // At its place, so that what a full disk cut off is written again over itself.
    const written = Buffer.from(texts.join(''))
    for (let from = 0; from < written.length;) {
      from += (await part.handle.write(written, from, written.length - from, part.end + from)).bytesWritten
    }
    if (isDurable) await part.handle.datasync()
    part.end = at
    return lines
  }

  /** Undefined: the log was closed before it worked. */
  async #insist<T>(work: () => Promise<T>): Promise<T | undefined> {
    while (true) {
      try {
        return await work()
      } catch (cause) {
        this.#parts.onError(cause)
        if (this.#isClosed) return undefined
        await delay(retryMs)
      }
    }
  }
}

/** The name of the file in which an instance keeps a batch's results. */
export function partName(batchId: string, instance: string): string {
  return `${batchId}.${instance}.part`
}

/** `12<tab>0<tab>4500<tab>9,0,4,0<tab>{...}`: the line, whether it failed, what it cost and used, and its result. */
function readEntry(text: Buffer, part: string, offset: number): SettledLine | undefined {
  const match = headPattern.exec(text.toString('latin1', 0, maxHeadBytes))
  if (!match) return undefined
  const [head, line, isError, cost, usage = ''] = match
  return {
    line: Number(line),
    isError: isError === '1',
    costNanoUsd: Number(cost),
    usage: readUsage(usage),
    part,
    offset: offset + head.length,
    bytes: text.length - head.length,
  }
}

const headPattern = /^(\d{1,15})\t([01])\t(\d{1,16})\t(\d{1,15},\d{1,15},\d{1,15},\d{1,15})\t/
const maxHeadBytes = 128

function usageText({ inputTokens, cacheReadTokens, outputTokens, reasoningTokens }: BatchUsage): string {
  return `${inputTokens},${cacheReadTokens},${outputTokens},${reasoningTokens}`
}

function readUsage(text: string): BatchUsage {
  const [inputTokens = 0, cacheReadTokens = 0, outputTokens = 0, reasoningTokens = 0] = text
    .split(',')
    .map(Number)
  return { inputTokens, cacheReadTokens, outputTokens, reasoningTokens }
}
