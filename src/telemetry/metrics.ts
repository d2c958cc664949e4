/** The Prometheus metrics: names, labels, and how a finished request is counted. */

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { NanoUsd } from '../core/money.ts'
import type { RequestRecord } from '../records/record.ts'
import { counter, histogram } from './series.ts'

export interface Metrics {
  /** Counts one finished request. Cheap: label sets are resolved once. */
  observe(record: RequestRecord): void
  /** Counts what one attempt costs its caller. */
  countCost(provider: string, chargedNanoUsd: NanoUsd): void
  countRefusal(code: string): void
  countDroppedRecords(count: number): void
  countDroppedSpans(count: number): void
  /** Something of the cache did not work, and a request went on as if there were none. */
  countCacheFault(what: string): void
  /** What became of looking for a question of the same meaning. */
  countSemanticLook(route: string, outcome: string): void
  /** An answer that would have been served was compared with one that was asked anew. */
  countSemanticComparison(route: string, agrees: boolean): void
  /** The exposition text, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** One target with one of its credentials. */
export interface BreakerReading {
  readonly provider: string
  readonly model: string
  readonly credential: string
  readonly breaker: keyof typeof breakerValues
}

/** How much of a budget is used: 1 is all of it. */
export interface BudgetReading {
  readonly budget: string
  readonly scope: string
  readonly subject: string
  readonly period: string
  readonly share: number
}

export interface MetricSources {
  readonly openRequests: () => number
  /** Of targets that the configuration names. */
  readonly breakers: () => readonly BreakerReading[]
  /** Of budgets that name no person and no key. */
  readonly budgets: () => readonly BudgetReading[]
}

const breakerValues = { closed: 0, 'half-open': 1, open: 2 } as const

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
const overheadBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25]

/** Labels carry names from the configuration and the catalogue only: never a key, a user or a prompt. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const { duration, firstToken, overhead, tokens, costs, attempts } = registerSeries(registry)
  const { refusals, droppedRecords, droppedSpans, cached, saved, looks, comparisons, cacheFaults } =
    registerCounters(registry)
  registerGauges(registry, sources)

  /** What requests with the same labels count in. Few combinations exist: names come from the configuration. */
  const seriesOf = remember(([dialect, operation, route, provider, status]: RequestLabels) => ({
    duration: duration.of(dialect, operation, route, provider, status),
    overhead: overhead.of(operation),
    firstToken: firstToken.of(route, provider),
    input: tokens.of(provider, 'input'),
    output: tokens.of(provider, 'output'),
  }))
  const attemptsOf = remember(([provider, outcome]: readonly [string, string]) =>
    attempts.of(provider, outcome),
  )
  const costOf = remember(([provider]: readonly [string]) => costs.of(provider))

  return {
    observe(record) {
      const { dialect, operation, route = '', provider = '', status, usage } = record
      const series = seriesOf([dialect, operation, route, provider, String(status)])
      series.duration.add(record.durationMs / 1000)
      if (record.overheadMs !== undefined) series.overhead.add(record.overheadMs / 1000)
      if (record.firstTokenMs !== undefined) series.firstToken.add(record.firstTokenMs / 1000)
      for (const attempt of record.attempts) attemptsOf([attempt.provider, attempt.code ?? 'ok']).add(1)
      if (record.cache) {
        cached.labels(route, record.cache.outcome).inc()
        if (record.cache.savedNanoUsd) saved.labels(route).inc(record.cache.savedNanoUsd / 1e9)
      }
      if (!usage) return
      series.input.add(usage.inputTokens)
      series.output.add(usage.outputTokens)
    },
    countCost: (provider, chargedNanoUsd) => costOf([provider]).add(chargedNanoUsd / 1e9),
    countRefusal: (code) => refusals.labels(code).inc(),
    countDroppedRecords: (count) => droppedRecords.inc(count),
    countCacheFault: (what) => cacheFaults.labels(what).inc(),
    countSemanticLook: (route, outcome) => looks.labels(route, outcome).inc(),
    countSemanticComparison: (route, agrees) => comparisons.labels(route, String(agrees)).inc(),
    countDroppedSpans: (count) => droppedSpans.inc(count),
    async render() {
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

/** What every request counts in. */
function registerSeries(registry: Registry) {
  const duration = histogram({
    name: 'weir_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['dialect', 'operation', 'route', 'provider', 'status'],
    bounds: secondsBuckets,
  })
  const firstToken = histogram({
    name: 'weir_time_to_first_token_seconds',
    help: 'Time from the request to the first content of a streamed answer.',
    labelNames: ['route', 'provider'],
    bounds: secondsBuckets,
  })
  const overhead = histogram({
    name: 'weir_overhead_seconds',
    help: 'Time that the gateway itself added: all but the attempts.',
    labelNames: ['operation'],
    bounds: overheadBuckets,
  })
  const tokens = counter({
    name: 'weir_tokens_total',
    help: 'Tokens as the providers reported them.',
    labelNames: ['provider', 'direction'],
  })
  const costs = counter({
    name: 'weir_cost_usd_total',
    help: 'What attempts cost their callers, as the ledger has it.',
    labelNames: ['provider'],
  })
  const attempts = counter({
    name: 'weir_attempts_total',
    help: 'Attempts at providers; `outcome` is `ok` or an error code.',
    labelNames: ['provider', 'outcome'],
  })
  const all = { duration, firstToken, overhead, tokens, costs, attempts }
  for (const family of Object.values(all)) registry.registerMetric(family.asMetric())
  return all
}

/** What few requests count in, or none. */
function registerCounters(registry: Registry) {
  const registers = [registry]
  const refusals = new Counter({
    name: 'weir_errors_total',
    help: 'Requests answered with an error, by code.',
    labelNames: ['code'],
    registers,
  })
  const droppedRecords = new Counter({
    name: 'weir_records_dropped_total',
    help: 'Request records lost because their store failed.',
    registers,
  })
  const droppedSpans = new Counter({
    name: 'weir_spans_dropped_total',
    help: 'Trace spans lost because the collector did not take them.',
    registers,
  })
  const cached = new Counter({
    name: 'weir_cache_total',
    help: 'Requests by what the cache did for them.',
    labelNames: ['route', 'outcome'],
    registers,
  })
  const saved = new Counter({
    name: 'weir_cache_saved_usd_total',
    help: 'What requests would have cost that the cache answered.',
    labelNames: ['route'],
    registers,
  })
  const looks = new Counter({
    name: 'weir_cache_semantic_total',
    help: 'Looks for a question of the same meaning, by what became of them.',
    labelNames: ['route', 'outcome'],
    registers,
  })
  const comparisons = new Counter({
    name: 'weir_cache_comparisons_total',
    help: 'Semantic hits that were compared with an answer that was asked anew.',
    labelNames: ['route', 'agrees'],
    registers,
  })
  const cacheFaults = new Counter({
    name: 'weir_cache_faults_total',
    help: 'Times that a part of the cache did not work; each was a miss.',
    labelNames: ['what'],
    registers,
  })
  return { refusals, droppedRecords, droppedSpans, cached, saved, looks, comparisons, cacheFaults }
}

/** What is read when somebody asks. */
function registerGauges(registry: Registry, sources: MetricSources): void {
  const registers = [registry]
  new Gauge({
    name: 'weir_open_requests',
    help: 'Requests that have not ended.',
    registers,
    collect() {
      this.set(sources.openRequests())
    },
  })
  new Gauge({
    name: 'weir_breaker_state',
    help: 'Circuit breakers of the targets of routes: 0 closed, 1 half-open, 2 open.',
    labelNames: ['provider', 'model', 'credential'],
    registers,
    collect() {
      this.reset()
      for (const { provider, model, credential, breaker } of sources.breakers()) {
        this.set({ provider, model, credential }, breakerValues[breaker])
      }
    },
  })
  new Gauge({
    name: 'weir_budget_used_ratio',
    help: 'How much of a budget is spent in its period, of organisations, teams, providers and routes: 1 is all of it.',
    labelNames: ['budget', 'scope', 'subject', 'period'],
    registers,
    collect() {
      this.reset()
      for (const { share, ...labels } of sources.budgets()) this.set(labels, share)
    },
  })
}

type RequestLabels = readonly [
  dialect: string,
  operation: string,
  route: string,
  provider: string,
  status: string,
]

/** The function, called once for each list of labels. */
function remember<Labels extends readonly string[], Result>(
  make: (labels: Labels) => Result,
): (labels: Labels) => Result {
  const known = new Map<string, Result>()
  return (labels) => {
    const key = labels.join('\u0000')
    let result = known.get(key)
    if (result === undefined) known.set(key, (result = make(labels)))
    return result
  }
}
