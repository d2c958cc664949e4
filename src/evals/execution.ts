/** One run from its first call to its verdict. */

import type { NanoUsd } from '../core/money.ts'
import type { GenRequest } from '../core/request.ts'
import type { GradeParts } from '../judgement/assertions/assertion.ts'
import { createScriptRunner, type ScriptRunner } from '../judgement/assertions/script.ts'
import { alphaAtEnd } from '../judgement/statistics/e-process.ts'
import type { Suite } from '../judgement/suite/suite.ts'
import { sha256 } from '../judgement/suite/case-id.ts'
import type { Summary } from './analysis-worker.ts'
import { analyseInBackground } from './background-analysis.ts'
import { calibrate, type JudgeAgreement } from './calibration.ts'
import { type Attempt, runConversation } from './conversation.ts'
import { EarlyStopWatch, type EarlyVerdict } from './early-stop.ts'
import { defaultGate } from './gate.ts'
import { createGraders } from './graders.ts'
import { KeptAnswers } from './kept-answers.ts'
import { attemptsOf } from './order.ts'
import { Pace } from './pace.ts'
import type { EvalParts } from './parts.ts'
import type { RunAccount, StoredRun } from './port.ts'
import { addPreferences } from './preferences.ts'
import type { RunFacts } from './report.ts'
import { rowPages, withoutTexts } from './row-pages.ts'
import type { CaseRow } from './row.ts'
import { RowWriter } from './row-writer.ts'
import type { Prepared, RunSettings } from './run-settings.ts'
import { Runner } from './runner.ts'

const defaultConcurrency = 4

export interface ExecutionParts {
  readonly run: StoredRun
  readonly settings: RunSettings
  readonly prepared: Prepared
  readonly controller: AbortController
  readonly account: RunAccount
  readonly parts: EvalParts
  readonly graders: Pick<GradeParts, 'regex' | 'schemas' | 'post'>
}

export class Execution {
  readonly #given: ExecutionParts
  readonly #watch: EarlyStopWatch | undefined
  #early: EarlyVerdict | undefined
  #scripts: ScriptRunner | undefined
  #judgeAgreement: JudgeAgreement | undefined

  constructor(given: ExecutionParts) {
    this.#given = given
    const { suite, arms, attempts } = given.prepared
    const [candidate, other] = arms
    if (suite.gate?.earlyStop === true && suite.baseline && candidate && other && arms.length === 2) {
      this.#watch = new EarlyStopWatch(attempts, candidate.label, suite.gate.margin)
    }
  }

  async run(first: Runner, finished: readonly CaseRow[], onRunner: (runner: Runner) => void): Promise<void> {
    const { run, parts, prepared, controller } = this.#given
    const { store, clock } = parts
    try {
      for (const row of finished) this.#decides(row)
      await this.#calibrate()
      let stopped = await first.run()
      await this.#prefer(first, stopped)
      let summary = await this.#analyse(stopped, prepared.attempts.length)
      const extension = this.#extension(summary.verdict, stopped)
      if (extension) {
        const runner = this.runnerOf(extension, [])
        onRunner(runner)
        stopped = await runner.run()
        await this.#prefer(runner, stopped)
        summary = await this.#analyse(stopped, prepared.attempts.length + extension.length)
      }
      const isOver =
        stopped === undefined || stopped === 'early' || stopped === 'max-usd' || stopped === 'time'
      if (isOver) await this.#keepVerdicts(summary)
      await store.changeRun(run.org, run.id, {
        status: isOver ? 'finished' : 'stopped',
        endedAtMs: clock.nowMs(),
        verdict: summary.verdict,
        report: JSON.stringify(summary),
        ...(summary.reason !== undefined && { reason: summary.reason }),
      })
    } catch (cause) {
      controller.abort()
      const reason = cause instanceof Error ? cause.message : String(cause)
      await store.changeRun(run.org, run.id, { status: 'failed', endedAtMs: clock.nowMs(), reason })
      throw cause
    } finally {
      await this.#scripts?.close()
    }
  }

  runnerOf(attempts: readonly Attempt[], finished: readonly CaseRow[]): Runner {
    const { run, settings, prepared, controller, parts } = this.#given
    const { suite } = prepared
    const { signal } = controller
    const pace = this.#newPace()
    const writer = new RowWriter((rows) => parts.store.putRows(run.org, run.id, rows))
    const { org } = run
    const nowMs = () => parts.clock.nowMs()
    const kept =
      settings.allowsCached === true
        ? new KeptAnswers({ store: parts.store, org, seed: suite.seed, nowMs })
        : undefined
    const conversation = {
      call: (request: GenRequest, { repeat }: Attempt) =>
        kept ? kept.call(request, repeat, () => pace.call(request)) : pace.call(request),
      gradersFor: this.#gradersOver(pace),
    }
    return new Runner(
      attempts,
      finished,
      {
        run: (attempt) => runConversation(attempt, conversation),
        store: (row) => writer.write(row),
        decides: (row) => this.#decides(row),
        nowMs: () => parts.clock.monotonicMs(),
        signal,
      },
      {
        concurrency: settings.concurrency ?? suite.maxConcurrency ?? defaultConcurrency,
        ...(this.#maxNanoUsd !== undefined && { maxNanoUsd: this.#maxNanoUsd }),
        ...(suite.maxRunMs !== undefined && { deadlineMs: parts.clock.monotonicMs() + suite.maxRunMs }),
      },
    )
  }

  get #maxNanoUsd(): NanoUsd | undefined {
    const { settings, account } = this.#given
    const bounds = [settings.maxNanoUsd, account.maxNanoUsd].filter((bound) => bound !== undefined)
    return bounds.length > 0 ? Math.min(...bounds) : undefined
  }

  #newPace(): Pace {
    const { run, prepared, controller, account, parts } = this.#given
    const { delayMs, timeoutMs } = prepared.suite
    return new Pace({
      call: account.call,
      wait: parts.wait,
      nowMs: () => parts.clock.monotonicMs(),
      signal: controller.signal,
      delayMs,
      options: { tags: ['eval', `eval:${run.id}`], ...(timeoutMs !== undefined && { timeoutMs }) },
    })
  }

  #gradersOver(pace: Pace): (bill: (cost: NanoUsd) => void) => GradeParts {
    const { settings, prepared, controller, account, graders } = this.#given
    const { judge, embedder } = prepared.suite
    const given = {
      ...graders,
      call: (request: GenRequest) => pace.call(request),
      embed: account.embed,
      signal: controller.signal,
      ...(judge && { judge }),
      ...(embedder !== undefined && { embedder }),
      ...(settings.allowsScripts && {
        script: (...job: Parameters<ScriptRunner['run']>) => this.#script(...job),
      }),
    }
    return (bill) => createGraders(given, bill)
  }

  async #calibrate(): Promise<void> {
    const labels = this.#given.prepared.suite.judge?.calibration
    if (labels) this.#judgeAgreement = await calibrate(labels, this.#gradersOver(this.#newPace()))
  }

  /** Holds the answers of the arms against each other, where the suite wants it and the run has come to its end. */
  async #prefer(runner: Runner, stopped: RunFacts['stopped']): Promise<void> {
    const { run, prepared, parts, controller } = this.#given
    const { suite, arms, cases } = prepared
    const maxNanoUsd = this.#maxNanoUsd
    const pairwise = suite.judge?.pairwise
    if (!pairwise || !suite.baseline || (stopped !== undefined && stopped !== 'early')) return
    const spent = runner.progress.costNanoUsd
    await addPreferences({
      cases,
      pairwise,
      baseline: arms.at(-1)!.label,
      pages: (cursor) =>
        parts.store.rows(run.org, run.id, { limit: 100, ...(cursor !== undefined && { cursor }) }),
      put: (rows) => parts.store.putRows(run.org, run.id, rows),
      gradersFor: this.#gradersOver(this.#newPace()),
      mayGoOn: (more) =>
        !controller.signal.aborted && (maxNanoUsd === undefined || spent + more < maxNanoUsd),
    })
  }

  /** What promotion asks for: the verdict on each candidate, under the name that the suite gives it. */
  async #keepVerdicts(summary: Summary): Promise<void> {
    const { run, prepared, parts } = this.#given
    const hash = sha256(JSON.stringify(summary))
    const atMs = parts.clock.nowMs()
    for (const { candidate, gate } of summary.comparisons) {
      const target = prepared.arms.find(({ label }) => label === candidate)?.target
      if (gate === undefined || target === undefined) continue
      await parts.store.addVerdict(run.org, { target, runId: run.id, verdict: gate.verdict, hash, atMs })
    }
  }

  #script(...job: Parameters<ScriptRunner['run']>): Promise<unknown> {
    this.#scripts ??= createScriptRunner()
    return this.#scripts.run(...job)
  }

  #decides(row: CaseRow): boolean {
    this.#early ??= this.#watch?.push(row)
    return this.#early !== undefined
  }

  /** The second look that the suite has planned for an inconclusive first one. */
  #extension(verdict: string, stopped: RunFacts['stopped']): Attempt[] | undefined {
    const { suite, cases, arms } = this.#given.prepared
    const plan = suite.gate?.onInconclusive
    if (typeof plan !== 'object' || verdict !== 'inconclusive' || stopped !== undefined) return undefined
    const longer = cases.filter(({ repeat }) => repeat < plan.extend.repeat)
    const from = Math.min(...longer.map(({ repeat }) => repeat))
    if (longer.length === 0) return undefined
    return attemptsOf(longer, arms, `${suite.seed}:extend`, { from, to: plan.extend.repeat }).filter(
      ({ test, repeat }) => repeat >= test.repeat,
    )
  }

  async #analyse(stopped: RunFacts['stopped'], plannedRows: number) {
    const { run, parts, prepared } = this.#given
    const { suite, cases, arms } = prepared
    const gate = suite.gate ?? (suite.baseline && defaultGate)
    const facts: RunFacts = {
      runId: run.id,
      name: suite.name,
      suiteHash: suite.hash,
      seed: suite.seed,
      gatewayVersion: parts.gatewayVersion,
      startedAt: new Date(run.createdAtMs).toISOString(),
      endedAt: new Date(parts.clock.nowMs()).toISOString(),
      arms: arms.map(({ label, target }, index) => ({
        label,
        target,
        isBaseline: suite.baseline !== undefined && index === arms.length - 1,
      })),
      derivedMetrics: suite.derivedMetrics,
      contrasts: suite.contrasts,
      alpha: alphaOf(gate),
      plannedCases: cases.length,
      plannedRows,
      isFiltered: cases.length < suite.cases.length,
      ...(gate && { gate }),
      ...(this.#judgeAgreement && { judgeAgreement: this.#judgeAgreement }),
      ...(stopped !== undefined && { stopped }),
      ...(this.#early && { earlyVerdict: this.#early }),
    }
    return analyseInBackground(facts, rowPages(parts.store, run.org, run.id, withoutTexts))
  }
}

/** Two planned looks share the error; early stopping has spent a part of it. */
function alphaOf(gate: Suite['gate']): number {
  const alpha = gate?.alpha ?? 0.05
  if (gate?.earlyStop === true) return alphaAtEnd(alpha)
  return typeof gate?.onInconclusive === 'object' ? alpha / 2 : alpha
}
