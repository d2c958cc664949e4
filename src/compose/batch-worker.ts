/** Builds what does the work of batches on this instance: its results, its queue, its lanes, its jobs at providers. */

import { randomBytes } from 'node:crypto'
import type { Batch } from '../batch/batch.ts'
import { Dispatcher } from '../batch/dispatcher.ts'
import type { FileFolder } from '../batch/file-folder.ts'
import { NativeBatches } from '../batch/native/native-batches.ts'
import type { JobStore } from '../batch/native/port.ts'
import type { BatchStore, FileStore, Lease } from '../batch/port.ts'
import { ResultLog } from '../batch/result-log.ts'
import { createTryLine } from '../batch/try-line.ts'
import { BatchWorker } from '../batch/worker.ts'
import { createIdFactory } from '../core/id.ts'
import type { Json } from '../core/json.ts'
import type { Log } from '../telemetry/log.ts'
import { createWaysOf } from './batch-lanes.ts'
import { type BatchLineParts, createMakeRequest, linePrice, modelOf, rulesOf } from './batch-lines.ts'
import { createLineQueue } from './line-queue.ts'
import { createProviderBatches, type NativeParts } from './native-batches.ts'

export interface BatchWorkParts extends BatchLineParts, NativeParts {
  readonly stores: { readonly files: FileStore; readonly batches: BatchStore; readonly batchJobs: JobStore }
  readonly log: Log
}

export interface BatchWorkContext {
  readonly folder: FileFolder
  /** A name that this instance keeps over restarts, and no other has. */
  readonly instance: string
  parse(text: Buffer): Json
  /** Who is told of the end of batches. */
  receivers(): readonly string[]
  onChange(batch: Batch): void
  onError(cause: unknown): void
}

export interface BatchWork {
  readonly worker: BatchWorker
  readonly dispatcher: Dispatcher
}

/** An instance that is silent for so long has lost its lines. */
const leaseMs = 60_000
const dayMs = 86_400_000

export function createBatchWork(parts: BatchWorkParts, context: BatchWorkContext): BatchWork {
  const { config, stores, snapshot, clock, log } = parts
  const { folder, instance, parse, onError } = context
  const leaseOf = (): Lease => ({ holder: instance, nowMs: clock.nowMs(), leaseMs })
  const { queue: queueUrl, ledger } = config()
  const isDurable = ledger.durability === 'power'
  const results = new ResultLog({ store: stores.batches, folder, instance, clock, isDurable, onError })
  const queue = createLineQueue({ queue: queueUrl, store: stores.batches, instance, leaseMs, clock, log })
  const base = { store: stores.batches, folder, results, queue, clock, instance, leaseOf, parse, onError }
  const waysOf = createWaysOf({ snapshot, clock, health: parts.routing.health })
  const onProgress = (batch: Batch) => worker.noteProgress(batch)
  const native = new NativeBatches({
    ...base,
    jobs: stores.batchJobs,
    providers: createProviderBatches(parts),
    newId: createIdFactory(randomBytes, clock, 'job_'),
    onProgress,
  })
  const dispatcher = new Dispatcher({
    ...base,
    random: Math.random,
    maxRunning: () => config().batches.concurrency,
    waysOf: (request) => waysOf(modelOf(request)),
    tryLine: createTryLine({
      makeRequest: createMakeRequest(parts),
      results,
      worstCase: async ({ keyId }, request) => (await linePrice(request, keyId, parts))?.mostNanoUsd,
      random: Math.random,
      maxTries: () => config().batches.tries,
    }),
    claimSuspects: stores.batches.claimSuspects,
    findDue: stores.batches.findDue,
    extend: stores.batches.extend,
    giveBack: (id, lines) => stores.batches.giveBack(id, instance, lines),
    giveBackOthers: (id, lines) => stores.batches.giveBackOthers(id, leaseOf(), lines),
    hold: (id, lines) => stores.batches.hold(id, leaseOf(), lines),
    onProgress,
  })
  const worker: BatchWorker = new BatchWorker({
    ...base,
    ...context,
    files: stores.files,
    dispatcher,
    native,
    ttlMs: () => config().files.ttlDays * dayMs,
    rulesOf: (batch) => rulesOf(batch, parts, parse),
  })
  return { worker, dispatcher }
}
