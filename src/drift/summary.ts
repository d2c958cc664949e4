/** One metric of one run, summed by prompt: all that the tests between runs need. */

/** By prompt, in the order of the golden set. A prompt without a valid sample has count 0. */
export interface MetricSummary {
  readonly counts: Float64Array
  readonly sums: Float64Array
  readonly squares: Float64Array
}

export function emptySummary(prompts: number): MetricSummary {
  return {
    counts: new Float64Array(prompts),
    sums: new Float64Array(prompts),
    squares: new Float64Array(prompts),
  }
}

export function addValue(summary: MetricSummary, prompt: number, value: number): void {
  summary.counts[prompt]!++
  summary.sums[prompt]! += value
  summary.squares[prompt]! += value * value
}

/** Of values by prompt and sample. */
export function summarise(values: readonly (readonly number[])[]): MetricSummary {
  const summary = emptySummary(values.length)
  for (const [prompt, samples] of values.entries()) {
    for (const value of samples) addValue(summary, prompt, value)
  }
  return summary
}
