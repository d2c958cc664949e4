/** The tokenizer's thread: its tables take a second and 60 MiB to load, and long texts block. */

import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { breakRuns } from './runs.ts'

export interface CountRequest {
  readonly id: number
  readonly texts: readonly string[]
}

export interface CountReply {
  readonly id: number
  readonly tokens: number
}

parentPort?.on('message', ({ id, texts }: CountRequest) => {
  let tokens = 0
  // Text that looks like a control token is text: it must count, not throw.
  for (const text of texts) tokens += countTokens(breakRuns(text), { disallowedSpecial: new Set() })
  parentPort?.postMessage({ id, tokens } satisfies CountReply)
})
