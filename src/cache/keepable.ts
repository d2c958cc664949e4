/** Which answers may be kept: whole ones, of which a second caller has the same use as the first. */

import type { GenEvent } from '../core/event.ts'

export interface KeepRules {
  /** Keep answers that ask the client to run a tool. */
  readonly toolCalls: boolean
}

/** Undefined where the answer may be kept, else why not. */
export function whyNotKept(events: readonly GenEvent[], { toolCalls }: KeepRules): string | undefined {
  let finishes = 0
  let isEmpty = true
  for (const event of events) {
    if (event.type === 'fail') return 'it failed'
    if (event.type === 'block-delta' && event.text !== '') isEmpty = false
    if (event.type === 'block-start') {
      if (event.kind === 'media' || event.kind === 'native') isEmpty = false
      if (event.kind === 'refusal') return 'it is a refusal'
      if (event.kind === 'tool' && !toolCalls) return 'it calls a tool'
    }
    if (event.type !== 'finish') continue
    finishes++
    const isWhole = event.reason === 'stop' || (toolCalls && event.reason === 'tool-calls')
    if (!isWhole) return `it ended with ${event.reason}`
  }
  if (finishes === 0) return 'it has no end'
  return isEmpty ? 'it is empty' : undefined
}
