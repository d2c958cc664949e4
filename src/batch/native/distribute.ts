/** Deals the lines of a batch out to jobs, before any of them is done; what is not for a provider's batch stays. */

import type { Batch } from '../batch.ts'
import type { FileFolder } from '../file-folder.ts'
import { readPlaces } from '../read-places.ts'
import { readRequestLine } from '../request-line.ts'
import type { Json } from '../../core/json.ts'
import type { NanoUsd } from '../../core/money.ts'
import type { JobStore, JobTarget, NativeJob, ProviderBatches } from './port.ts'

export interface DistributeParts {
  readonly jobs: JobStore
  readonly folder: Pick<FileFolder, 'open'>
  readonly providers: ProviderBatches
  readonly nowMs: () => number
  readonly newId: () => string
  parse(text: Buffer): Json
}

const linesPerStep = 256

interface Group {
  readonly target: JobTarget
  readonly markupBasisPoints: number
  lines: number[]
  bytes: number
  reservedNanoUsd: NanoUsd
}

/** May be done again after a crash: lines that are in a job already are not looked at. */
export async function distribute(batch: Batch, parts: DistributeParts): Promise<void> {
  const input = await parts.folder.open(batch.inputFileId, 'r')
  const dealer = new Dealer(batch, parts)
  try {
    await dealer.begin()
    for (let after = 0; ;) {
      const places = await parts.jobs.free(batch.id, after, linesPerStep)
      const last = places.at(-1)
      if (!last) break
      after = last.line
      const texts = await readPlaces(input, places)
      for (const [index, { line }] of places.entries()) await dealer.deal(line, texts[index]!)
    }
    await dealer.end()
  } finally {
    await input.close()
  }
}

class Dealer {
  readonly #batch: Batch
  readonly #parts: DistributeParts
  readonly #groups = new Map<string, Group>()
  /** What all jobs of the batch may cost. */
  #reservedNanoUsd = 0

  constructor(batch: Batch, parts: DistributeParts) {
    this.#batch = batch
    this.#parts = parts
  }

  async begin(): Promise<void> {
    for (const { reservedNanoUsd } of await this.#parts.jobs.of(this.#batch.id)) {
      this.#reservedNanoUsd += reservedNanoUsd
    }
  }

  async deal(line: number, text: Buffer): Promise<void> {
    const { endpoint, maxNanoUsd = Infinity } = this.#batch
    const { providers, parse } = this.#parts
    const prepared = await providers.prepare(this.#batch, readRequestLine(text, endpoint, parse))
    if (!prepared || this.#reservedNanoUsd + prepared.mostNanoUsd > maxNanoUsd) return
    const { target, body, mostNanoUsd, markupBasisPoints } = prepared
    const bounds = providers.bounds(target)
    if (!bounds) return
    const bytes = Buffer.byteLength(JSON.stringify(body))
    const { provider, model, credential, endpoint: remoteEndpoint } = target
    const key = JSON.stringify([provider, model, credential, remoteEndpoint, markupBasisPoints])
    const known = this.#groups.get(key)
    if (known && known.bytes + bytes > bounds.maxBytes) await this.#flush(key, known)
    const group = this.#groups.get(key) ?? {
      target,
      markupBasisPoints,
      lines: [],
      bytes: 0,
      reservedNanoUsd: 0,
    }
    this.#groups.set(key, group)
    group.lines.push(line)
    group.bytes += bytes
    group.reservedNanoUsd += mostNanoUsd
    this.#reservedNanoUsd += mostNanoUsd
    if (group.lines.length >= bounds.maxLines) await this.#flush(key, group)
  }

  async end(): Promise<void> {
    for (const [key, group] of this.#groups) await this.#flush(key, group)
  }

  async #flush(key: string, { target, markupBasisPoints, lines, reservedNanoUsd }: Group): Promise<void> {
    this.#groups.delete(key)
    const { jobs, newId, nowMs } = this.#parts
    const job: NativeJob = {
      ...target,
      id: newId(),
      org: this.#batch.org,
      batchId: this.#batch.id,
      state: 'new',
      lines: lines.length,
      reservedNanoUsd,
      markupBasisPoints,
      tries: 0,
      isCancelled: false,
      createdAtMs: nowMs(),
      dueAtMs: 0,
    }
    await jobs.create(job, lines)
  }
}
