/** Batches as their callers see them: made, looked at, paused, cancelled. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import { type Batch, type BatchDialect, isOpen, isSingle, noUsage, type Owner } from './batch.ts'
import type { FileFolder } from './file-folder.ts'
import type { Files } from './files.ts'
import type { BatchQuery, BatchStore, StoredFile } from './port.ts'
import { endpoints, isEndpoint } from './request-line.ts'
import type { BatchWorker } from './worker.ts'

export interface BatchWish {
  readonly dialect: BatchDialect
  readonly endpoint: string
  readonly inputFileId: string
  /** `24h`. */
  readonly completionWindow: string
  readonly metadata: Readonly<Record<string, string>>
  readonly maxNanoUsd?: NanoUsd
  readonly outputTtlSeconds?: number
  /** By batches of the providers', where they have them. */
  readonly isNative: boolean
}

export interface BatchesParts {
  readonly store: BatchStore
  readonly files: Pick<Files, 'get' | 'delete'>
  readonly folder: FileFolder
  readonly worker: Pick<BatchWorker, 'wake' | 'stop'>
  readonly clock: Clock
  readonly newId: (dialect: BatchDialect) => string
  /** Whether those that ask for it go to providers' own batches, or all do, or none. */
  readonly native: () => 'asked' | 'always' | 'never'
  /** Of one key: single requests that are not answered yet. */
  readonly maxSingles: () => number
  onChange(batch: Batch): void
}

export type OrgOrKey = Pick<Owner, 'org'> & Partial<Owner>

export interface Batches {
  /** Throws GatewayError: `not_found` for the file, `storage_full` where there is no room for results. */
  create(owner: Owner & { readonly keyName: string }, wish: BatchWish): Promise<Batch>
  /** Throws `rate_limited` where the key has as many open as it may; of those that come at once, a few more get in. */
  admitSingle(owner: Owner): Promise<void>
  /** Of the organisation, and of the key where one is given. Throws `not_found`; so do the others. */
  get(owner: OrgOrKey, id: string): Promise<Batch>
  list(query: BatchQuery): Promise<readonly Batch[]>
  /** Throws `conflict` where it has ended. */
  cancel(owner: OrgOrKey, id: string): Promise<Batch>
  /** With its files. Throws `conflict` before it has ended. */
  delete(owner: Owner, id: string): Promise<void>
  setPaused(org: string, id: string, isPaused: boolean): Promise<Batch>
}

/** Results are about as large as requests; more is told when it comes. */
const resultBytesPerInputByte = 2
/** What a caller is told to wait that has too many single requests open. */
const singlesRetryMs = 5000

export function createBatches(parts: BatchesParts): Batches {
  const { store, files, folder, worker } = parts

  const get: Batches['get'] = async ({ org, keyId }, id) => {
    const batch = await store.get(org, id)
    if (batch && (keyId === undefined || batch.keyId === keyId)) return batch
    throw new GatewayError('not_found', `There is no batch \`${id}\`, or it is not this key's.`)
  }
  return {
    async create(owner, wish) {
      refuseEndpoint(wish.endpoint)
      const windowMs = readWindow(wish.completionWindow)
      const input = await files.get(owner, wish.inputFileId)
      refuseAsInput(input, folder.id)
      await folder.admit(input.bytes * resultBytesPerInputByte)
      const batch = begin(owner, wish, windowMs, parts)
      await store.create(batch)
      parts.onChange(batch)
      worker.wake()
      return batch
    },
    async admitSingle(owner) {
      const max = parts.maxSingles()
      if ((await store.openSingles(owner, max)) < max) return
      const message = `This key has ${max} requests that are to be answered later (\`batches.maxDeferred\`).`
      throw new GatewayError('rate_limited', message, { retryAfterMs: singlesRetryMs })
    },
    get,
    list: (query) => store.list(query),
    async cancel(owner, id) {
      const batch = await get(owner, id)
      const stopped = await worker.stop(batch, 'cancelled')
      if (stopped) return stopped
      const now = await get(owner, id)
      if (now.status === 'cancelling' || now.status === 'cancelled') return now
      throw ended(now)
    },
    async delete(owner, id) {
      const { status, inputFileId, outputFileId, errorFileId } = await get(owner, id)
      if (isOpen(status)) throw new GatewayError('conflict', `The batch \`${id}\` has not ended.`)
      await store.delete(id)
      for (const file of [inputFileId, outputFileId, errorFileId]) {
        if (file !== undefined) await files.delete(owner, file).catch(ignoreMissing)
      }
    },
    async setPaused(org, id, isPaused) {
      const batch = await get({ org }, id)
      const changed = await store.change(id, ['validating', 'in_progress'], { isPaused })
      if (!changed) throw ended(batch)
      parts.onChange(changed)
      worker.wake()
      return changed
    },
  }
}

function begin(
  { org, keyId, keyName }: Owner & { readonly keyName: string },
  wish: BatchWish,
  windowMs: number,
  { folder, clock, newId, native }: BatchesParts,
): Batch {
  const createdAtMs = clock.nowMs()
  return {
    ...wish,
    id: newId(wish.dialect),
    org,
    keyId,
    keyName,
    folder: folder.id,
    status: 'validating',
    isPaused: false,
    isNative: !isSingle(wish.dialect) && isNative(native(), wish.isNative),
    total: 0,
    completed: 0,
    failed: 0,
    costNanoUsd: 0,
    heldNanoUsd: 0,
    usage: noUsage,
    faults: [],
    createdAtMs,
    expiresAtMs: createdAtMs + windowMs,
  }
}

function isNative(setting: 'asked' | 'always' | 'never', isAsked: boolean): boolean {
  return setting === 'asked' ? isAsked : setting === 'always'
}

function refuseEndpoint(endpoint: string): void {
  if (isEndpoint(endpoint)) return
  const message = `\`endpoint\` must be one of: ${endpoints.join(', ')}.`
  throw new GatewayError('invalid_request', message, { param: 'endpoint' })
}

function refuseAsInput({ id, purpose, folder }: StoredFile, here: string): void {
  if (purpose !== 'batch') {
    const message = `The file \`${id}\` was not uploaded for \`purpose: batch\`.`
    throw new GatewayError('invalid_request', message, { param: 'input_file_id' })
  }
  if (folder === here) return
  throw new GatewayError('conflict', `The file \`${id}\` is in a folder that this instance does not have.`)
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const maxWindowMs = 30 * unitMs.d

/** `24h`, `30m`, `7d`. */
function readWindow(text: string): number {
  const match = /^([1-9]\d{0,4})([mhd])$/.exec(text)
  const windowMs = match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : Infinity
  if (windowMs <= maxWindowMs) return windowMs
  const message = '`completion_window` must be a time such as `24h`, at most `30d`.'
  throw new GatewayError('invalid_request', message, { param: 'completion_window' })
}

/** It may have expired, or have been deleted by itself. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof GatewayError && error.code === 'not_found')) throw error
}

function ended({ id, status }: Batch): GatewayError {
  const how = isOpen(status) ? 'is about to end' : `has ended (${status})`
  return new GatewayError('conflict', `The batch \`${id}\` ${how}.`)
}
