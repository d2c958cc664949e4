/** Asks candidates what clients ask, behind their backs: sampled, within a budget a day, and never in a client's way. */

import type { Answer } from '../core/answer.ts'
import type { Clock } from '../core/clock.ts'
import type { NanoUsd } from '../core/money.ts'
import type { GenRequest } from '../core/request.ts'
import { lastUserText } from '../judgement/question.ts'
import { SampleQueue } from '../records/sample-queue.ts'
import type { LiveSample } from '../records/sample.ts'
import { likeness } from './likeness.ts'
import type { Called, CallShadow, Comparison, ShadowStore, Side } from './port.ts'

export interface ShadowSettings {
  readonly route: string
  readonly target: string
  /** 0 to 1. */
  readonly sample: number
  readonly maxNanoUsdPerDay: NanoUsd
  readonly retentionDays: number
  readonly judge?: { readonly target: string; readonly rubric?: string }
}

/** Says which of two answers is better; undefined where no verdict could be had. */
export type JudgePair = (
  judge: NonNullable<ShadowSettings['judge']>,
  pair: { readonly question: string; readonly primary: string; readonly shadow: string },
  signal: AbortSignal,
) => Promise<{
  readonly preference?: { readonly score: number; readonly isSwayed: boolean }
  readonly costNanoUsd: NanoUsd
}>

export interface ShadowParts {
  readonly store: ShadowStore
  readonly clock: Clock
  readonly settings: () => readonly ShadowSettings[]
  readonly call: CallShadow
  readonly judge: JudgePair
  readonly costOf: (record: LiveSample['record']) => NanoUsd | undefined
  readonly onError: (cause: unknown) => void
}

/** How long what other instances have spent may go unseen. */
const spentHoldsMs = 30_000
const pruneEveryMs = 3_600_000
const dayMs = 86_400_000
/** Of either answer, the beginning: it is what is kept of long ones. */
const maxText = 100_000

interface Spent {
  readonly day: number
  readonly readAtMs: number
  nanoUsd: NanoUsd
}

export class ShadowTraffic {
  readonly #parts: ShadowParts
  readonly #spent = new Map<string, Spent>()
  /** Of all routes together. */
  readonly #queue: SampleQueue<{ readonly sample: LiveSample; readonly settings: ShadowSettings }>
  #prunedAtMs = 0

  constructor(parts: ShadowParts) {
    this.#parts = parts
    this.#queue = new SampleQueue(
      ({ sample, settings }, signal) => this.#compare(sample, settings, signal),
      parts.onError,
    )
  }

  /** Takes what is to be asked of a candidate too; the rest costs a comparison of numbers. */
  take(sample: LiveSample): void {
    for (const settings of this.#parts.settings()) {
      if (settings.route !== sample.record.route || sample.draw >= settings.sample) continue
      this.#queue.add({ sample, settings })
    }
  }

  /** Gives up what is under way. */
  close(): Promise<void> {
    return this.#queue.close()
  }

  async #compare(sample: LiveSample, settings: ShadowSettings, signal: AbortSignal): Promise<void> {
    const { store, call, clock, costOf } = this.#parts
    const { record } = sample
    const spent = await this.#spentOf(record.org, settings)
    if (spent.nanoUsd >= settings.maxNanoUsdPerDay) return
    const called = await call(requestFor(sample, settings.target), signal)
    if (signal.aborted) return
    const text = textOf(called.answer)
    const shadow = sideOf(called, text)
    const primary = primarySide(sample, costOf(record))
    const areBoth = primary.status === 'answered' && shadow.status === 'answered'
    const judged =
      areBoth && settings.judge
        ? await this.#judge({ sample, text }, settings.judge, signal)
        : { costNanoUsd: 0, preference: undefined }
    const spentNanoUsd = (called.costNanoUsd ?? 0) + judged.costNanoUsd
    spent.nanoUsd += spentNanoUsd
    const { preference } = judged
    const comparison: Comparison = {
      org: record.org,
      id: called.requestId,
      requestId: record.id,
      route: settings.route,
      target: settings.target,
      atMs: clock.nowMs(),
      primary,
      shadow,
      spentNanoUsd,
      ...(areBoth && { likeness: likeness(...cutAlike(sample.text, text)) }),
      ...(preference && { preference: preference.score, isSwayed: preference.isSwayed }),
    }
    await store.add(comparison)
    await this.#prune(record.org)
  }

  #judge(
    { sample, text }: { readonly sample: LiveSample; readonly text: string },
    judge: NonNullable<ShadowSettings['judge']>,
    signal: AbortSignal,
  ) {
    const [primary, shadow] = cutAlike(sample.text, text)
    return this.#parts.judge(judge, { question: lastUserText(sample.request), primary, shadow }, signal)
  }

  /** Of the day; counted here as it is spent, and read anew now and then for what other instances spend. */
  async #spentOf(org: string, { route, target }: ShadowSettings): Promise<Spent> {
    const { store, clock } = this.#parts
    const nowMs = clock.nowMs()
    const day = Math.floor(nowMs / dayMs)
    const key = JSON.stringify([org, route, target])
    const known = this.#spent.get(key)
    if (known?.day === day && nowMs - known.readAtMs < spentHoldsMs) return known
    const stored = await store.spentSince(org, route, target, day * dayMs)
    const spent = { day, readAtMs: nowMs, nanoUsd: stored }
    this.#spent.set(key, spent)
    return spent
  }

  async #prune(org: string): Promise<void> {
    const { store, clock, settings } = this.#parts
    const nowMs = clock.nowMs()
    if (nowMs - this.#prunedAtMs < pruneEveryMs) return
    this.#prunedAtMs = nowMs
    for (const { route, target, retentionDays } of settings()) {
      await store.prune(org, route, target, nowMs - retentionDays * dayMs)
    }
  }
}

/** A route adds what it adds by itself; a bare model gets what the client's route adds. */
function requestFor({ asked, request }: LiveSample, target: string): GenRequest {
  const { store: _, previousResponseId: _previous, ...rest } = target.includes('/') ? request : asked
  return { ...rest, model: target, stream: false }
}

function primarySide({ record, text }: LiveSample, costNanoUsd: number | undefined): Side {
  const { code, durationMs, firstTokenMs, usage } = record
  return {
    status: code === undefined ? 'answered' : 'failed',
    durationMs,
    length: text.length,
    ...(code !== undefined && { code }),
    ...(firstTokenMs !== undefined && { firstTokenMs }),
    ...(costNanoUsd !== undefined && { costNanoUsd }),
    ...(usage && { outputTokens: usage.outputTokens }),
  }
}

function sideOf({ error, durationMs, firstTokenMs, costNanoUsd, usage }: Called, text: string): Side {
  return {
    status: error ? 'failed' : 'answered',
    durationMs,
    length: text.length,
    ...(error && { code: error.code }),
    ...(firstTokenMs !== undefined && { firstTokenMs }),
    ...(costNanoUsd !== undefined && { costNanoUsd }),
    ...(usage && { outputTokens: usage.outputTokens }),
  }
}

/** All that was written, as the record of the first answer has it: reasoning and arguments too. */
function textOf(answer: Answer | undefined): string {
  return answer?.blocks.map(({ text }) => text).join('') ?? ''
}

function cutAlike(primary: string, shadow: string): [string, string] {
  return [primary.slice(0, maxText), shadow.slice(0, maxText)]
}
