/** Builds the cache: where answers are kept, by which rules, and who hears of its faults. */

import { join } from 'node:path'
import { inspect } from 'node:util'
import { AnswerCache, readAnswer } from '../cache/cache.ts'
import { createMemoryAnswerStore } from '../cache/memory-store.ts'
import { compilePolicies, type Policies } from '../cache/policy.ts'
import type { AnswerStore, QuestionIndex } from '../cache/port.ts'
import { createRecentStore } from '../cache/recent-store.ts'
import { createSealedStore, type Sealer } from '../cache/sealed-store.ts'
import { createIndexedSearch } from '../cache/semantic/indexed-search.ts'
import { createSemanticSearch } from '../cache/semantic/search.ts'
import { createSemanticCache, type SemanticCache } from '../cache/semantic/semantic.ts'
import type { Config } from '../config/load.ts'
import type { AskModel, EmbedTexts } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import { createRedisAnswerStore } from '../storage/redis/answer-store.ts'
import { answerMigrations } from '../storage/sqlite/answer-migrations.ts'
import { createAnswerStore } from '../storage/sqlite/answer-store.ts'
import { openStore } from '../storage/sqlite/open.ts'
import { seal, unsealBytes } from '../stored/seal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Closers } from './closers.ts'
import { sealingKey } from './data-dir.ts'

export interface CacheParts {
  /** The one in force. */
  readonly config: () => Config
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly closers: Closers
  /** Calls from within: the request path, of which the cache is a part. */
  readonly ask: AskModel
  readonly embed: EmbedTexts
  /** Absent: questions are kept in memory. */
  readonly questions: QuestionIndex | undefined
}

export interface Cache {
  readonly answers: AnswerCache
  readonly store: AnswerStore
  readonly semantic: SemanticCache
}

/** Of answers on disk, what is in memory, too. */
const maxRecentBytes = 64 * 1024 * 1024

export async function createCache({
  config,
  clock,
  log,
  metrics,
  closers,
  ask,
  embed,
  questions,
}: CacheParts): Promise<Cache> {
  const store = await openAnswerStore(config(), clock, log, closers)
  let compiledFor: Config | undefined
  let policies: Policies
  const reading = {
    store,
    onFault(cause: unknown) {
      metrics.countCacheFault('store')
      log.warn({ cause: inspect(cause) }, 'the cache could not be read or written')
    },
    onCorrupt: () => metrics.countCacheFault('corrupt'),
  }
  const onQuestionFault = (cause: unknown): void => {
    metrics.countCacheFault('semantic')
    log.warn({ cause: inspect(cause) }, 'a question could not be compared')
  }
  const search = questions ? createIndexedSearch(questions, onQuestionFault) : createSemanticSearch()
  closers.add(() => search.close())
  // Names of other destinations come from callers: they are no labels.
  const routeOf = (destination: string): string =>
    Object.hasOwn(config().routes, destination) ? destination : ''
  const semantic = createSemanticCache({
    search,
    ask,
    embed,
    random: Math.random,
    nowMs: () => clock.nowMs(),
    read: (org, key) => readAnswer(reading, { org, key }),
    onLook: (destination, outcome) => metrics.countSemanticLook(routeOf(destination), outcome),
    onCompared: (destination, agrees) => metrics.countSemanticComparison(routeOf(destination), agrees),
    onRaised: (destination, threshold) =>
      log.warn({ destination, threshold }, 'too many semantic hits were wrong: the threshold is raised'),
    onFault: onQuestionFault,
  })
  const answers = new AnswerCache({
    ...reading,
    semantic,
    clock,
    policies() {
      const current = config()
      if (current !== compiledFor) {
        policies = compilePolicies(current)
        compiledFor = current
      }
      return policies
    },
  })
  return { answers, store, semantic }
}

async function openAnswerStore(
  config: Config,
  clock: Clock,
  log: Log,
  closers: Closers,
): Promise<AnswerStore> {
  const { shared } = config
  const { keep, maxBytes } = config.cache
  if (shared !== 'memory') {
    const { connectRedis } = await import('../storage/redis/connect.ts')
    const redis = await connectRedis(shared.reveal(), (cause) =>
      log.warn({ cause: inspect(cause) }, 'the connection to Redis broke'),
    )
    closers.add(() => redis.close())
    const store = createRedisAnswerStore(redis, maxBytes, clock)
    if (config.access.pepper) return createSealedStore(store, sealerOf(config))
    // A key file of each instance would keep them from sharing anything.
    log.warn('no `access.pepper`: kept answers are not encrypted in Redis')
    return store
  }
  if (keep === 'memory') return createMemoryAnswerStore(maxBytes, clock)
  const database = openStore(join(config.dataDir, 'cache.db'), answerMigrations, clock)
  closers.add(() => database.close())
  const sealed = createSealedStore(createAnswerStore(database, maxBytes, clock), sealerOf(config))
  const recent = createRecentStore(sealed, { maxBytes: Math.min(maxBytes, maxRecentBytes), clock })
  closers.add(() => recent.flush())
  return recent
}

function sealerOf(config: Config): Sealer {
  const key = sealingKey(config, 'answers')
  return {
    seal: (place, plain) => seal(key, place, plain),
    unseal: (place, sealed) => unsealBytes(key, place, sealed),
  }
}
