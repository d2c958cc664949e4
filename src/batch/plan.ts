/** What a batch would be, before it is made: its lines, what is wrong with them, and what it may cost. */

import type { NanoUsd } from '../core/money.ts'
import type { LineFault } from './batch.ts'
import type { RequestLine } from './request-line.ts'
import { validate, type ValidationRules } from './validate.ts'

export interface LinePrice {
  /** The prompt alone, estimated. */
  readonly promptNanoUsd: NanoUsd
  /** More it cannot cost. */
  readonly mostNanoUsd: NanoUsd
}

export interface BatchPlan extends LinePrice {
  readonly lines: number
  readonly faults: readonly LineFault[]
  /** Lines whose price is not known; they are not in the sums. */
  readonly unpriced: number
}

/** Reads the file once, a chunk at a time. `priceOf` gives undefined where no price is known. */
export async function planBatch(
  chunks: AsyncIterable<Uint8Array>,
  rules: ValidationRules,
  priceOf: (request: RequestLine) => Promise<LinePrice | undefined>,
): Promise<BatchPlan> {
  const waiting: RequestLine[] = []
  const sums = { promptNanoUsd: 0, mostNanoUsd: 0, unpriced: 0 }
  const priceWaiting = async () => {
    for (const request of waiting.splice(0)) {
      const price = await priceOf(request)
      sums.promptNanoUsd += price?.promptNanoUsd ?? 0
      sums.mostNanoUsd += price?.mostNanoUsd ?? 0
      if (!price) sums.unpriced++
    }
  }
  const { places, faults } = await validate(followedBy(chunks, priceWaiting), {
    ...rules,
    refusal(request) {
      const refusal = rules.refusal(request)
      if (!refusal) waiting.push(request)
      return refusal
    },
  })
  await priceWaiting()
  return { lines: places.length, faults, ...sums }
}

/** Does `work` when what was made of a chunk has been read. */
async function* followedBy<T>(items: AsyncIterable<T>, work: () => Promise<void>): AsyncGenerator<T> {
  for await (const item of items) {
    yield item
    await work()
  }
}
