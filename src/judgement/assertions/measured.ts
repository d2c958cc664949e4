/** Assertions on what a reply took and cost, how it ended, and how sure the model was. */

import { mean } from '../statistics/moments.ts'
import { type Assertion, decide, type Outcome, type Reply } from './assertion.ts'
import { textOf } from './text.ts'

export function gradeLatency({ totalMs, isCached }: Reply, { threshold = 0 }: Assertion): Outcome {
  if (isCached) return { error: 'a kept answer says nothing of latency' }
  return decide(totalMs <= threshold, `${Math.round(totalMs)} ms, ${threshold} allowed`)
}

export function gradeFirstToken({ firstTokenMs, isCached }: Reply, { threshold = 0 }: Assertion): Outcome {
  if (isCached) return { error: 'a kept answer says nothing of latency' }
  if (firstTokenMs === undefined) return { error: 'the time to the first token was not measured' }
  return decide(firstTokenMs <= threshold, `${Math.round(firstTokenMs)} ms, ${threshold} allowed`)
}

export function gradeCost({ costUsd, isCached }: Reply, { threshold = 0 }: Assertion): Outcome {
  if (isCached) return { error: 'a kept answer says nothing of cost' }
  if (costUsd === undefined) return { error: 'the price of this model is not known' }
  return decide(costUsd <= threshold, `${costUsd} USD, ${threshold} allowed`)
}

export function gradeFinishReason({ finishReason }: Reply, { value }: Assertion): Outcome {
  const wanted = plain(textOf(value))
  return decide(
    finishReason !== undefined && plain(finishReason) === wanted,
    `ended with ${finishReason ?? 'no reason'}`,
  )
}

/** `tool_calls`, `tool-calls` and `TOOL_CALLS` are one word. */
function plain(reason: string): string {
  return reason.toLowerCase().replaceAll('_', '-')
}

/** exp of the mean negative log-probability of the answer's tokens. */
export function perplexityOf({ logprobs }: Reply): number | undefined {
  return logprobs === undefined || logprobs.length === 0 ? undefined : Math.exp(-mean(logprobs))
}

const noLogprobs = {
  error: 'the provider gave no log-probabilities; ask for them with `params.logprobs: true`',
}

export function gradePerplexity(reply: Reply, { threshold = Infinity }: Assertion): Outcome {
  const perplexity = perplexityOf(reply)
  if (perplexity === undefined) return noLogprobs
  return decide(perplexity <= threshold, `perplexity ${perplexity.toFixed(3)}, ${threshold} allowed`)
}

export function gradePerplexityScore(reply: Reply, { threshold = 0.5 }: Assertion): Outcome {
  const perplexity = perplexityOf(reply)
  if (perplexity === undefined) return noLogprobs
  const score = 1 / (1 + perplexity)
  return { pass: score >= threshold, score, reason: `perplexity ${perplexity.toFixed(3)}` }
}
