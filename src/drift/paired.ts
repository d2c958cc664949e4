/** A first look at two single runs, prompt by prompt, where there are too few runs to know how runs differ. */

import { holm } from '../judgement/statistics/multiplicity.ts'
import type { Random } from '../judgement/statistics/random.ts'
import { signFlipTest } from '../judgement/statistics/sign-flip.ts'
import { kernelSize } from './kernel.ts'
import { type DecisionMetric, decisionMetrics, decisionRules } from './metric.ts'
import { pairedOmnibus } from './omnibus.ts'
import type { RunTable } from './run-table.ts'

const familyError = 0.01
const flips = 1_999

/**
 * Adjusted p-values of paired differences by sign flips, Holm over the metrics and the texts. Sees that two samples
 * differ, not why: two runs of an unchanged model may.
 */
export function comparePaired(
  differences: readonly (readonly number[])[],
  texts: { readonly before: readonly Float32Array[]; readonly after: readonly Float32Array[] },
  random: Random,
): { metrics: number[]; omnibus: number } {
  const pValues = differences.map((values) =>
    values.every((value) => value === 0) ? 1 : signFlipTest(values, random, flips).p,
  )
  const adjusted = holm([...pValues, pairedOmnibus(texts.before, texts.after, random, flips).p])
  return { metrics: adjusted.slice(0, -1), omnibus: adjusted.at(-1)! }
}

/** The label of what stands out most between the baseline runs and a new one; undefined where nothing does. */
export function firstLook(baseline: readonly RunTable[], run: RunTable, random: Random): string | undefined {
  const metrics = decisionMetrics.map((metric) => ({
    metric,
    values: promptDifferences(metric, baseline, run),
  }))
  const { before, after } = meanVectors(baseline, run)
  const adjusted = comparePaired(
    metrics.map(({ values }) => values),
    { before, after },
    random,
  )
  const found = metrics
    .map(({ metric }, at) => ({ label: decisionRules[metric].label as string, p: adjusted.metrics[at]! }))
    .concat({ label: 'how the texts read', p: adjusted.omnibus })
    .filter(({ p }) => p < familyError)
    .toSorted((a, b) => a.p - b.p)
  return found[0]?.label
}

function promptDifferences(metric: DecisionMetric, baseline: readonly RunTable[], run: RunTable): number[] {
  const now = run.metrics[metric]
  if (now === undefined) return []
  const known = baseline.flatMap((table) => table.metrics[metric] ?? [])
  return Array.from(now.counts, (count, prompt) => {
    const counts = known.reduce((total, { counts: of }) => total + of[prompt]!, 0)
    const sums = known.reduce((total, { sums: of }) => total + of[prompt]!, 0)
    return count === 0 || counts === 0 ? 0 : now.sums[prompt]! / count - sums / counts
  })
}

function meanVectors(
  baseline: readonly RunTable[],
  run: RunTable,
): { before: Float32Array[]; after: Float32Array[] } {
  const before: Float32Array[] = []
  const after: Float32Array[] = []
  for (const [prompt, samples] of run.vectors.entries()) {
    const known = baseline.flatMap(({ vectors }) => vectors[prompt] ?? [])
    if (samples.length === 0 || known.length === 0) continue
    before.push(meanVector(known))
    after.push(meanVector(samples))
  }
  return { before, after }
}

function meanVector(vectors: readonly Float32Array[]): Float32Array {
  const total = new Float32Array(kernelSize)
  for (const vector of vectors) {
    for (let bin = 0; bin < kernelSize; bin++) total[bin]! += vector[bin]! / vectors.length
  }
  return total
}
