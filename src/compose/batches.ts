/** Builds files and batches: their folder, their worker, and the gateway's own request path for each line. */

import { randomBytes } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import { inspect } from 'node:util'
import { authoriseModel, authoriseSensitive, type Principal } from '../access/principal.ts'
import type { LiveEvents } from '../admin/live-events.ts'
import type { AdminRoute } from '../admin/route.ts'
import { batchAdminRoutes, toBatchView } from '../batch/admin.ts'
import { submitAdminRoutes } from '../batch/admin-submit.ts'
import { messageBatchRoutes } from '../batch/anthropic-routes.ts'
import { type Batch, type BatchUsage, isOpen, noUsage } from '../batch/batch.ts'
import { type Batches, createBatches } from '../batch/batches.ts'
import { createDefer, deferredRoutes } from '../batch/deferred.ts'
import { Dispatcher } from '../batch/dispatcher.ts'
import { openFileFolder } from '../batch/file-folder.ts'
import { createFiles, type Files } from '../batch/files.ts'
import { batchRoutes, fileRoutes } from '../batch/openai-routes.ts'
import { type LinePrice, planBatch } from '../batch/plan.ts'
import type { BatchDeliveryStore, BatchStore, FileStore, Lease } from '../batch/port.ts'
import { readResults } from '../batch/read-results.ts'
import type { RequestLine } from '../batch/request-line.ts'
import { ResultLog } from '../batch/result-log.ts'
import { createTryLine, type MakeRequest } from '../batch/try-line.ts'
import type { ValidationRules } from '../batch/validate.ts'
import { BatchWorker } from '../batch/worker.ts'
import type { Config } from '../config/load.ts'
import type { CallerIdentity } from '../core/caller-route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { createIdFactory } from '../core/id.ts'
import { asString } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import type { Gateway, Snapshot } from '../gateway/parts.ts'
import { parseBody } from '../http/body.ts'
import { callerSideRoute, toSideReply } from '../http/caller-routes.ts'
import { errorEncoderFor, findDataRoute } from '../http/routes.ts'
import type { SideRoute } from '../http/side-routes.ts'
import { reservation, tokenBounds } from '../ledger/bounds.ts'
import { findDestination } from '../routing/plan.ts'
import { type Candidate, isRoute, type Route } from '../routing/route.ts'
import type { LookUpModel } from '../routing/table.ts'
import type { Log } from '../telemetry/log.ts'
import { createBatchTelling } from './batch-webhooks.ts'
import type { Closers } from './closers.ts'
import { readKeyFile } from './data-dir.ts'
import { callRoute, openRoute } from './inner-calls.ts'
import { createLineQueue } from './line-queue.ts'

export interface BatchingParts {
  readonly config: () => Config
  readonly stores: {
    readonly files: FileStore
    readonly batches: BatchStore
    readonly batchDeliveries: BatchDeliveryStore
  }
  readonly gateway: Gateway
  readonly newRequestId: () => string
  readonly snapshot: () => Snapshot
  /** What the catalogue knows, once it is there. */
  readonly lookUp: () => Promise<LookUpModel>
  /** From the ledger: what a request has cost. */
  readonly chargedFor: (requestId: string) => NanoUsd
  readonly events: LiveEvents
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface Batching {
  readonly sideRoutes: readonly SideRoute[]
  /** Answers the requests that ask to be answered later. */
  readonly deferral: SideRoute
  readonly adminRoutes: readonly AdminRoute[]
  readonly files: Files
  readonly batches: Batches
  /** Begins to work. */
  start(): void
}

/** An instance that is silent for so long has lost its lines. */
const leaseMs = 60_000
/** What is under way at the end of the process may take so long; what takes longer is made again. */
const lastWordsMs = 5_000

export function createBatching(parts: BatchingParts): Batching {
  const { config, stores, snapshot, clock, log, closers } = parts
  const initial = config()
  const { dataDir } = initial
  const instance = readKeyFile(dataDir, 'instance-id').toString('hex', 0, 8)
  const folder = openFileFolder(folderOf(initial))
  const onError = (cause: unknown) => log.error({ cause: inspect(cause) }, 'a batch cannot go on for now')
  const leaseOf = (): Lease => ({ holder: instance, nowMs: clock.nowMs(), leaseMs })
  const parse = (text: Buffer) => parseBody(text, config().server.limits.maxJsonDepth)
  const telling = createBatchTelling(parts)
  const onChange = (batch: Batch) => {
    parts.events.publish('batch', batch.org, () => toBatchView(batch))
    if (!isOpen(batch.status)) telling.retrier.wake()
  }

  const results = new ResultLog({
    store: stores.batches,
    folder,
    instance,
    clock,
    isDurable: initial.ledger.durability === 'power',
    onError,
  })
  const queue = createLineQueue({
    queue: initial.queue,
    store: stores.batches,
    instance,
    leaseMs,
    clock,
    log,
  })
  const dispatcher = new Dispatcher({
    queue,
    folder,
    clock,
    random: Math.random,
    leaseOf,
    maxRunning: () => config().batches.concurrency,
    parse,
    laneOf: (_batch, request) => laneOf(request, snapshot()),
    tryLine: createTryLine({
      makeRequest: createMakeRequest(parts),
      results,
      worstCase: async (request) => (await linePrice(request, parts))?.mostNanoUsd,
      random: Math.random,
      maxTries: () => config().batches.tries,
    }),
    giveBack: (id, lines) => stores.batches.giveBack(id, instance, lines),
    onProgress: (batch) => worker.noteProgress(batch),
    onError,
  })
  const ttlMs = () => config().files.ttlDays * 86_400_000
  const worker: BatchWorker = new BatchWorker({
    store: stores.batches,
    files: stores.files,
    folder,
    queue,
    results,
    dispatcher,
    clock,
    instance,
    leaseOf,
    receivers: telling.receivers,
    ttlMs,
    parse,
    rulesOf: (batch) => rulesOf(batch, parts, parse),
    onChange,
    onError,
  })
  const files = createFiles({
    store: stores.files,
    batches: stores.batches,
    folder,
    settings: () => config().files,
    clock,
    newId: createIdFactory(randomBytes, clock, 'file-'),
    onError,
  })
  const newIds = {
    openai: createIdFactory(randomBytes, clock, 'batch_'),
    anthropic: createIdFactory(randomBytes, clock, 'msgbatch_'),
    deferred: createIdFactory(randomBytes, clock, 'deferred_'),
  }
  const batches = createBatches({
    store: stores.batches,
    files,
    folder,
    worker,
    clock,
    newId: (dialect) => newIds[dialect](),
    onChange,
  })
  closers.add(async () => {
    await files.close()
    await worker.close(AbortSignal.timeout(lastWordsMs))
  })
  const api = {
    files,
    batches,
    async identify(caller: CallerIdentity) {
      const principal = await snapshot().keyring.identify(caller)
      if (!principal.isFleeting) return principal
      throw new GatewayError('permission_denied', 'Files and batches outlive a token: use an API key.')
    },
    results: (batch: Batch) => readResults(batch, folder),
  }
  const defer = createDefer(api)
  return {
    sideRoutes: [
      callerSideRoute('/v1/files', fileRoutes(api)),
      callerSideRoute('/v1/batches', batchRoutes(api)),
      callerSideRoute('/v1/messages/batches', messageBatchRoutes(api)),
      callerSideRoute('/v1/deferred', deferredRoutes(api)),
    ],
    deferral: {
      matches: () => true,
      methods: ['POST'],
      answer: async (request) => toSideReply(await defer(request)),
    },
    files,
    batches,
    adminRoutes: [
      ...batchAdminRoutes({ batches, lanes: () => dispatcher.lanes() }),
      ...submitAdminRoutes({
        files,
        batches,
        ownerOf: (keyId) => snapshot().keyring.principalOf(keyId),
        plan: (content, wish) =>
          planBatch(content, rulesOf(wish, parts, parse), (request) => linePrice(request, parts)),
        results: api.results,
      }),
    ],
    start() {
      files.start()
      worker.start()
      telling.retrier.start()
    },
  }
}

function folderOf({ dataDir, files: { folder = 'files' } }: Config): string {
  return isAbsolute(folder) ? folder : join(dataDir, folder)
}

/** Every line goes the way of any request: routed, limited, accounted, on the account of the key that made the batch. */
function createMakeRequest(parts: BatchingParts): MakeRequest {
  const { gateway, newRequestId, snapshot, chargedFor } = parts
  return async ({ id, keyId }, { url, body, headers: given }, signal) => {
    const principal = snapshot().keyring.principalOf(keyId)
    if (!principal) {
      const error = new GatewayError(
        'authentication_failed',
        'The key that made this batch is not valid any more.',
      )
      return {
        answer: { requestId: newRequestId(), status: error.status, body: errorEncoderFor(url)(error) },
        costNanoUsd: 0,
        usage: noUsage,
        error,
      }
    }
    const tags = [given?.['x-weir-tags'], `batch:${id}`].filter((tag) => tag !== undefined)
    const headers = { ...given, 'x-weir-priority': 'batch', 'x-weir-tags': tags.join(',') }
    const call = { path: url, body, headers, signal }
    const { served, ...answer } = await callRoute({ gateway, newRequestId, principal }, call)
    const costNanoUsd = chargedFor(answer.requestId)
    return {
      answer,
      costNanoUsd,
      usage: usageOf(served.record?.usage),
      ...(served.error && { error: served.error }),
    }
  }
}

function usageOf(usage: Usage | undefined): BatchUsage {
  return {
    inputTokens: usage?.inputTokens ?? 0,
    cacheReadTokens: usage?.cacheReadTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    reasoningTokens: usage?.reasoningTokens ?? 0,
  }
}

function modelOf({ url, body }: RequestLine): string {
  const inPath = /\/models\/([^:]+):/.exec(url)?.[1]
  return inPath === undefined ? (asString(body['model']) ?? '') : decodeURIComponent(inPath)
}

/** The route, or the provider, whose room lines share. */
function laneOf(request: RequestLine, { table }: Snapshot): string {
  try {
    const destination = findDestination(modelOf(request), table)
    return isRoute(destination) ? `route ${destination.name}` : (destination.name.split('/')[0] ?? '')
  } catch {
    return 'unknown' // the configuration has changed since: its answer will say so
  }
}

function rulesOf(
  { keyId, endpoint }: Pick<Batch, 'keyId' | 'endpoint'>,
  { config, snapshot }: BatchingParts,
  parse: ValidationRules['parse'],
): ValidationRules {
  const { maxLines, maxLineBytes } = config().batches
  const principal = snapshot().keyring.principalOf(keyId)
  const known = new Map<string, GatewayError | undefined>()
  const refusal = (request: RequestLine): GatewayError | undefined => {
    const model = modelOf(request)
    if (!known.has(model)) known.set(model, refusalOf(model, principal, snapshot()))
    return known.get(model)
  }
  return { endpoint, maxLines, maxLineBytes, parse, refusal }
}

function refusalOf(
  model: string,
  principal: Principal | undefined,
  { table }: Snapshot,
): GatewayError | undefined {
  if (!principal) return new GatewayError('authentication_failed', 'The key is not valid any more.')
  if (model === '') return new GatewayError('invalid_request', '`model` must be a text.', { param: 'model' })
  try {
    const destination = findDestination(model, table)
    if (isRoute(destination)) authoriseModel(principal, [model])
    else {
      authoriseModel(principal, [model, destination.name])
      authoriseSensitive(principal, model, table.sensitiveMarks?.(destination.name))
    }
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

/** Prompts have about four bytes for each of their tokens, in most languages. */
const bytesPerToken = 4

/** Over all targets that it may go to: the dearest. Undefined where no price is known, or the request is not valid. */
async function linePrice(
  request: RequestLine,
  { snapshot, lookUp, clock }: BatchingParts,
): Promise<LinePrice | undefined> {
  const route = findDataRoute(request.url, undefined)
  try {
    const call = await openRoute(route!, { body: request.body, headers: {} })
    const bounds = call.bounds?.()
    const find = await lookUp()
    const at = { atMs: clock.nowMs(), serviceTier: bounds?.serviceTier }
    const prices = targetsOf(findDestination(call.model, snapshot().table)).flatMap(({ provider, model }) => {
      const info = find(provider.name, model)
      const tokens = tokenBounds(bounds, info)
      const most = reservation(info, tokens, at)
      const input = Math.ceil((bounds?.inputBytes ?? 0) / bytesPerToken)
      const prompt = reservation(info, { input, output: 0, isInputOpen: false }, at)
      return most === undefined || prompt === undefined ? [] : [{ prompt, most }]
    })
    if (prices.length === 0) return undefined
    return {
      promptNanoUsd: Math.max(...prices.map(({ prompt }) => prompt)),
      mostNanoUsd: Math.max(...prices.map(({ most }) => most)),
    }
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

function targetsOf(destination: Route | Candidate): Candidate['legs'][number]['target'][] {
  if (isRoute(destination)) {
    const arms = destination.experiment?.arms.flatMap(({ route }) => targetsOf(route)) ?? []
    return [...arms, ...destination.entries.flatMap(({ to }) => targetsOf(to))]
  }
  return destination.legs.slice(0, 1).map(({ target }) => target)
}
