/** Builds files and batches: their folder, their APIs, and what is told of them. */

import { randomBytes } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import { inspect } from 'node:util'
import type { Principal } from '../access/principal.ts'
import type { LiveEvents } from '../admin/live-events.ts'
import type { AdminRoute } from '../admin/route.ts'
import { batchAdminRoutes, toBatchView } from '../batch/admin.ts'
import { submitAdminRoutes } from '../batch/admin-submit.ts'
import { messageBatchRoutes } from '../batch/anthropic-routes.ts'
import { type Batch, type BatchDialect, isOpen } from '../batch/batch.ts'
import { type Batches, createBatches } from '../batch/batches.ts'
import { type Background, backgroundPrefix, backgroundRoutes, createBackground } from '../batch/background.ts'
import { createDefer, deferredRoutes } from '../batch/deferred.ts'
import { openFileFolder } from '../batch/file-folder.ts'
import { createFiles, type Files } from '../batch/files.ts'
import type { JobStore } from '../batch/native/port.ts'
import { batchRoutes, type CallerApiParts, fileRoutes } from '../batch/openai-routes.ts'
import { planBatch } from '../batch/plan.ts'
import type { BatchDeliveryStore, BatchStore, FileStore } from '../batch/port.ts'
import { readResults } from '../batch/read-results.ts'
import type { Config } from '../config/load.ts'
import type { CallerIdentity } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import type { Clock } from '../core/clock.ts'
import { createIdFactory } from '../core/id.ts'
import type { Snapshot } from '../gateway/parts.ts'
import { parseBody } from '../http/body.ts'
import { callerSideRoute, toSideReply } from '../http/caller-routes.ts'
import type { SideRoute } from '../http/side-routes.ts'
import type { Access } from './access.ts'
import { linePrice, rulesOf } from './batch-lines.ts'
import { createBatchTelling } from './batch-webhooks.ts'
import { type BatchWorkParts, createBatchWork } from './batch-worker.ts'
import type { Closers } from './closers.ts'
import { readKeyFile } from './data-dir.ts'

export interface BatchingParts extends BatchWorkParts {
  readonly access: Pick<Access, 'teamOf' | 'keyFor'>
  readonly stores: {
    readonly files: FileStore
    readonly batches: BatchStore
    readonly batchDeliveries: BatchDeliveryStore
    readonly batchJobs: JobStore
  }
  readonly events: LiveEvents
  readonly closers: Closers
}

export interface Batching {
  readonly sideRoutes: readonly SideRoute[]
  /** Answers the requests that ask to be answered later. */
  readonly deferral: SideRoute
  /** Takes the requests that ask to be answered in the background. */
  readonly answerLater: Background
  readonly adminRoutes: readonly AdminRoute[]
  readonly files: Files
  readonly batches: Batches
  /** Begins to work. */
  start(): void
}

/** What is under way at the end of the process may take so long; what takes longer is made again. */
const lastWordsMs = 5_000

export function createBatching(parts: BatchingParts): Batching {
  const { config, stores, snapshot, clock, log, closers } = parts
  const instance = readKeyFile(config().dataDir, 'instance-id').toString('hex', 0, 8)
  const folder = openFileFolder(folderOf(config()))
  const onError = (cause: unknown) => log.error({ cause: inspect(cause) }, 'a batch cannot go on for now')
  const parse = (text: Buffer) => parseBody(text, config().server.limits.maxJsonDepth)
  const telling = createBatchTelling(parts)
  const onChange = (batch: Batch) => {
    parts.events.publish('batch', batch.org, () => toBatchView(batch), batch)
    if (!isOpen(batch.status)) telling.retrier.wake()
  }
  const shared = { folder, clock, onChange, onError }
  const context = { ...shared, instance, parse, receivers: telling.receivers }
  const { worker, dispatcher } = createBatchWork(parts, context)
  const files = createFiles({
    ...shared,
    store: stores.files,
    batches: stores.batches,
    settings: () => config().files,
    newId: createIdFactory(randomBytes, clock, 'file-'),
  })
  const batches = createBatches({
    ...shared,
    store: stores.batches,
    files,
    worker,
    newId: createBatchIds(clock),
    native: () => config().batches.native,
    maxSingles: () => config().batches.maxDeferred,
  })
  closers.add(async () => {
    await files.close()
    await worker.close(AbortSignal.timeout(lastWordsMs))
  })
  const api = {
    files,
    batches,
    identify: (caller: CallerIdentity) => identify(caller, snapshot()),
    results: (batch: Batch) => readResults(batch, folder),
  }
  return {
    ...pathsOf(api),
    files,
    batches,
    adminRoutes: [
      ...batchAdminRoutes({ batches, teamOf: parts.access.teamOf, lanes: () => dispatcher.lanes() }),
      ...submitAdminRoutes({
        ...api,
        ownerOf: parts.access.keyFor,
        plan: (content, wish) =>
          planBatch(content, rulesOf(wish, parts, parse), (request) => linePrice(request, wish.keyId, parts)),
      }),
    ],
    start() {
      files.start()
      worker.start()
      telling.retrier.start()
    },
  }
}

async function identify(caller: CallerIdentity, { keyring }: Snapshot): Promise<Principal> {
  const principal = await keyring.identify(caller)
  if (!principal.isFleeting) return principal
  throw new GatewayError('permission_denied', 'Files and batches outlive a token: use an API key.')
}

/** By which APIs callers come. */
function pathsOf(api: CallerApiParts): Pick<Batching, 'sideRoutes' | 'deferral' | 'answerLater'> {
  const defer = createDefer(api)
  return {
    sideRoutes: [
      callerSideRoute('/v1/files', fileRoutes(api)),
      callerSideRoute('/v1/batches', batchRoutes(api)),
      callerSideRoute('/v1/messages/batches', messageBatchRoutes(api)),
      callerSideRoute('/v1/deferred', deferredRoutes(api)),
      callerSideRoute(`/v1/responses/${backgroundPrefix}`, backgroundRoutes(api)),
    ],
    deferral: {
      matches: () => true,
      methods: ['POST'],
      answer: async (request) => toSideReply(await defer(request)),
    },
    answerLater: createBackground(api),
  }
}

function createBatchIds(clock: Clock): (dialect: BatchDialect) => string {
  const factories = {
    openai: createIdFactory(randomBytes, clock, 'batch_'),
    anthropic: createIdFactory(randomBytes, clock, 'msgbatch_'),
    deferred: createIdFactory(randomBytes, clock, 'deferred_'),
    background: createIdFactory(randomBytes, clock, backgroundPrefix),
  }
  return (dialect) => factories[dialect]()
}

function folderOf({ dataDir, files: { folder = 'files' } }: Config): string {
  return isAbsolute(folder) ? folder : join(dataDir, folder)
}
