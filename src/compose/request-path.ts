/** Builds the request path with all that it is made of, and the calls into it from within. */

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import type { Principal } from '../access/principal.ts'
import type { AskModel, EmbedTexts } from '../core/ask.ts'
import type { CrashPoint } from '../config/crash-point.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { createIdFactory } from '../core/id.ts'
import { createGateway } from '../gateway.ts'
import { guardrailAccount } from '../gateway/guarding.ts'
import type { Gateway, GatewayParts, Snapshot } from '../gateway/parts.ts'
import type { StoredAnswers } from '../http/stored-responses.ts'
import type { Pressure } from '../limits/shedding.ts'
import type { RequestRecord } from '../records/record.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import { ExampleBook } from '../routing/examples.ts'
import type { Log } from '../telemetry/log.ts'
import type { Contracts } from '../structured/contracts.ts'
import { createTokenCounter, type TokenCounter } from '../tokens/counter.ts'
import { createSender, type Sender } from '../upstream/send.ts'
import type { Access } from './access.ts'
import { accountOf, gatewayAccount } from './accounts.ts'
import type { Alerting } from './alerts.ts'
import { type Cache, createCache } from './cache.ts'
import type { CatalogueSource } from './catalogue-source.ts'
import type { Closers } from './closers.ts'
import { createGuardrails, type Guardrails } from './guardrails.ts'
import { openIdempotency } from './idempotency.ts'
import { createAskModel, createEmbedTexts, type InnerCallParts } from './inner-calls.ts'
import { type LedgerPart, startLedger } from './ledger.ts'
import type { Limits } from './limits.ts'
import type { Observer } from './observer.ts'
import { createRecording, type Recording } from './payloads.ts'
import type { SharedState } from './shared.ts'
import { openStoredResponses, storedAnswersOf } from './stored-answers.ts'
import type { Stores } from './stores.ts'
import { composeContracts } from './structured.ts'

export interface RequestPathParts {
  /** What was loaded first. */
  readonly initial: Config
  /** The configuration in force. */
  readonly config: () => Config
  readonly snapshot: () => Snapshot
  readonly stores: Stores
  readonly shared: Pick<SharedState, 'budgetCounters'>
  readonly access: Access
  readonly alerting: Alerting
  readonly catalogue: CatalogueSource
  readonly limits: Limits
  readonly pressure: Pressure
  readonly routing: AttemptParts
  readonly observer: Observer
  readonly onSample: GatewayParts['onSample']
  readonly answerLater: GatewayParts['answerLater']
  readonly crashPoint: CrashPoint | undefined
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface RequestPath {
  readonly gateway: Gateway
  readonly books: LedgerPart
  readonly sender: Sender
  readonly storedAnswers: StoredAnswers
  readonly examples: ExampleBook
  readonly cache: Cache
  readonly guardrails: Guardrails
  readonly recording: Recording
  readonly newRequestId: () => string
  readonly tokens: TokenCounter
  readonly contracts: Contracts
  /** Of calls that were made elsewhere, and are booked here. */
  onRecord(record: RequestRecord): void
  /** The path as functions, on an account of the gateway's own: by its name, or as it is for somebody. */
  askAs(account: string | Principal): AskModel
  embedAs(account: string | Principal): EmbedTexts
}

export async function composeRequestPath(parts: RequestPathParts): Promise<RequestPath> {
  const { initial, config, snapshot, stores, access, catalogue, limits, pressure, routing, observer } = parts
  const { clock, log, closers } = parts
  const base = { config, clock, log, closers }
  const tokens = createTokenCounter()
  closers.add(() => tokens.close())
  const books = await startLedger({
    ...base,
    budgets: stores.budgets,
    reconciliations: stores.reconciliations,
    access,
    alerts: parts.alerting.alerts,
    tokens,
    models: () => catalogue.inForce(),
    onCharged: parts.observer.metrics.countCost,
    shared: stores.sharedLedger,
    names: access.names,
    budgetCounters: parts.shared.budgetCounters,
    crashPoint: parts.crashPoint,
  })
  closers.add(() => books.close())
  limits.recall((limit, sinceMs) => books.store.latestCalls(limit, sinceMs), clock.nowMs())
  const sender = createSender(clock)
  closers.add(() => sender.close())
  const stored = openStoredResponses({ ...base, config: initial, store: stores.responses })
  const contracts = composeContracts(config)
  closers.add(() => contracts.close())
  const newRequestId = createIdFactory(randomBytes, clock)
  const innerOf = (account: string | Principal): InnerCallParts => ({
    get gateway() {
      return gateway // its own parts call it, when it is there
    },
    newRequestId,
    principal: typeof account === 'string' ? accountOf(account) : account,
  })
  const askAs = (account: string | Principal) => createAskModel(innerOf(account))
  const embedAs = (account: string | Principal) => createEmbedTexts(innerOf(account))
  const ask = askAs(gatewayAccount)
  const embed = embedAs(gatewayAccount)
  const examples = new ExampleBook({
    embed,
    clock,
    onError: (cause, route) => log.warn({ cause: inspect(cause), route }, 'examples could not be embedded'),
  })
  const { metrics } = observer
  const cache = await createCache({ ...base, metrics, ask, embed, questions: stores.questions })
  const guardrails = createGuardrails(config(), { inner: innerOf(guardrailAccount), clock, closers })
  const recording = createRecording({ ...base, stores })
  const gateway: Gateway = createGateway({
    clock,
    contracts,
    sender,
    tokens,
    ledger: books.ledger,
    budgets: books.budgets,
    stored,
    heartbeatMs: () => config().server.heartbeatMs,
    idempotency: openIdempotency({ ...base, config: initial, store: stores.claims }),
    routing,
    examples,
    cache: cache.answers,
    payloads: recording.tap,
    guardrails,
    costOf: (provider, model, usage) => catalogue.costOf(provider, model, usage),
    snapshot,
    liveCalls: access.liveCalls,
    limiter: limits.requests,
    admit: (priority) => pressure.admit(priority),
    onRecord: observer.observe,
    onSample: parts.onSample,
    answerLater: parts.answerLater,
    onError: observer.onError,
  })
  return {
    gateway,
    books,
    sender,
    storedAnswers: storedAnswersOf(snapshot, stored),
    examples,
    cache,
    guardrails,
    recording,
    newRequestId,
    tokens,
    contracts,
    onRecord: (record) => observer.observe(record, undefined),
    askAs,
    embedAs,
  }
}
