/**
 * Compares one metric of a new run with its baseline runs. The run is the unit: samples of one run share its hour,
 * load and build, so that tests over samples alarm on every second run without drift.
 */

import { mean, standardDeviation } from '../judgement/statistics/moments.ts'
import { tQuantile, tTwoSided } from '../judgement/statistics/distributions.ts'
import { emptySummary, type MetricSummary } from './summary.ts'

/** What the baseline runs tell of one metric. */
export interface MetricBaseline {
  readonly runs: number
  /** Of each run, in their order: averaged over prompts, so that every run has the same mix of them. */
  readonly runMeans: readonly number[]
  readonly mean: number
  readonly runSd: number
  /** All runs' samples together. */
  readonly pooled: MetricSummary
  /** The sd of run effects in units of the sd between samples of a prompt; above .25 power is poor. */
  readonly runEffect: number
  /** The variance of a run mean from its samples alone, if there were no run effects. */
  readonly samplingVariance: number
  /** Of a run's mean with that of the run before it. */
  readonly lag1Covariance: number
}

const promptMean = ({ counts, sums }: MetricSummary, prompt: number): number =>
  sums[prompt]! / counts[prompt]!

/** The variance between samples of a prompt, over n - 1; 0 where there are fewer than two. */
function promptVariance({ counts, sums, squares }: MetricSummary, prompt: number): number {
  const n = counts[prompt]!
  if (n < 2) return 0
  return Math.max(0, (squares[prompt]! - sums[prompt]! ** 2 / n) / (n - 1))
}

/** Both have a sample of this prompt. */
const isCommon = (a: MetricSummary, b: MetricSummary, prompt: number): boolean =>
  a.counts[prompt]! > 0 && b.counts[prompt]! > 0

/**
 * How far a run lies from the pooled prompts' means, averaged over the prompts it has. A run that lacks a prompt is
 * so compared with the same mix of prompts. NaN where nothing is common.
 */
function runOffset(run: MetricSummary, pooled: MetricSummary): number {
  let total = 0
  let prompts = 0
  for (let prompt = 0; prompt < run.counts.length; prompt++) {
    if (!isCommon(run, pooled, prompt)) continue
    total += promptMean(run, prompt) - promptMean(pooled, prompt)
    prompts++
  }
  return total / prompts
}

function pool(runs: readonly MetricSummary[]): MetricSummary {
  const pooled = emptySummary(runs[0]?.counts.length ?? 0)
  for (const run of runs) {
    for (let prompt = 0; prompt < run.counts.length; prompt++) {
      pooled.counts[prompt]! += run.counts[prompt]!
      pooled.sums[prompt]! += run.sums[prompt]!
      pooled.squares[prompt]! += run.squares[prompt]!
    }
  }
  return pooled
}

/** Undefined where no run has a value. */
export function baselineOf(runs: readonly MetricSummary[]): MetricBaseline | undefined {
  const pooled = pool(runs)
  const prompts = pooled.counts.length
  let grand = 0
  let known = 0
  for (let prompt = 0; prompt < prompts; prompt++) {
    if (pooled.counts[prompt]! === 0) continue
    grand += promptMean(pooled, prompt)
    known++
  }
  if (known === 0) return undefined
  grand /= known
  const runMeans = runs
    .map((run) => grand + runOffset(run, pooled))
    .filter((runMean) => Number.isFinite(runMean))
  const runSd = runMeans.length > 1 ? standardDeviation(runMeans) : 0
  const { betweenSamples, ofRunMean } = sampleVariances(pooled, runs.length)
  const excess = Math.max(0, runSd ** 2 - ofRunMean)
  return {
    runs: runMeans.length,
    runMeans,
    mean: mean(runMeans),
    runSd,
    pooled,
    runEffect: betweenSamples === 0 ? 0 : Math.sqrt(excess / betweenSamples),
    samplingVariance: ofRunMean,
    lag1Covariance: lag1Covariance(runMeans),
  }
}

/** The variance between samples of a prompt, averaged over prompts, and what it alone gives a run's mean. */
function sampleVariances(pooled: MetricSummary, runs: number): { betweenSamples: number; ofRunMean: number } {
  let between = 0
  let ofSum = 0
  let prompts = 0
  for (let prompt = 0; prompt < pooled.counts.length; prompt++) {
    if (pooled.counts[prompt]! === 0) continue
    const variance = promptVariance(pooled, prompt)
    between += variance
    ofSum += variance / (pooled.counts[prompt]! / runs)
    prompts++
  }
  return { betweenSamples: between / prompts, ofRunMean: ofSum / prompts ** 2 }
}

function lag1Covariance(values: readonly number[]): number {
  const centre = mean(values)
  let total = 0
  for (let at = 1; at < values.length; at++) total += (values[at]! - centre) * (values[at - 1]! - centre)
  return values.length < 2 ? 0 : total / (values.length - 1)
}

/**
 * How much a run's effect resembles that of the run before it, over all metrics together: 0 where runs have no
 * effects of their own. The noise of sampling is taken out, which otherwise hides the resemblance.
 */
export function lag1Of(baselines: readonly MetricBaseline[]): number {
  let together = 0
  let excess = 0
  for (const { runSd, samplingVariance, lag1Covariance: covariance } of baselines) {
    if (samplingVariance === 0) continue
    together += covariance / samplingVariance
    excess += runSd ** 2 / samplingVariance - 1
  }
  if (excess <= 0) return 0
  // Kendall (1954): over few runs the estimate falls short by (1 + 4 rho) / n.
  const runs = Math.max(5, ...baselines.map((baseline) => baseline.runs))
  return Math.min(1, Math.max(-1, (together / excess + 1 / runs) / (1 - 4 / runs)))
}

export interface MetricTest {
  readonly value: number
  readonly baseline: number
  /** New minus baseline. */
  readonly effect: number
  /** Of the effect, at level .99. */
  readonly lower: number
  readonly upper: number
  readonly t: number
  readonly df: number
  /** Two-sided. */
  readonly p: number
}

/**
 * The sampling floor v_w: run means scatter at least as much as their samples do, and never less than one sample in
 * all. Without it a baseline that happens to be quiet alarms on the first ordinary run.
 */
export function samplingFloor(baseline: MetricBaseline, run: MetricSummary): number {
  const { pooled } = baseline
  let total = 0
  let prompts = 0
  let samples = 0
  for (let prompt = 0; prompt < run.counts.length; prompt++) {
    if (!isCommon(run, pooled, prompt)) continue
    total += promptVariance(pooled, prompt) * (1 / run.counts[prompt]! + 1 / pooled.counts[prompt]!)
    samples += run.counts[prompt]!
    prompts++
  }
  return Math.max(total / prompts ** 2, samples ** -2)
}

/** Undefined where the run shares no prompt with the baseline, or fewer than two baseline runs have the metric. */
export function testRun(baseline: MetricBaseline, run: MetricSummary): MetricTest | undefined {
  if (baseline.runs < 2) return undefined
  const offset = runOffset(run, baseline.pooled)
  if (!Number.isFinite(offset)) return undefined
  const value = baseline.mean + offset
  return testMean(baseline.runMeans, value, samplingFloor(baseline, run))
}

/** The t test of a new run's mean against the means of the baseline runs, with a floor under its variance. */
export function testMean(runMeans: readonly number[], value: number, floor: number): MetricTest {
  const runs = runMeans.length
  const baseline = mean(runMeans)
  const effect = value - baseline
  const variance = standardDeviation(runMeans) ** 2 * (1 + 1 / runs)
  const standardError = Math.sqrt(Math.max(variance, floor))
  const df = runs - 1
  const t = effect / standardError
  const reach = tQuantile(0.995, df) * standardError
  return { value, baseline, effect, lower: effect - reach, upper: effect + reach, t, df, p: tTwoSided(t, df) }
}
