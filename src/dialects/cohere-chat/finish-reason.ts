/** Why an answer ended: Cohere's words and ours. */

import type { FinishReason } from '../../core/event.ts'

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['TOOL_CALL', 'tool-calls'],
])

/** Our word for a `finish_reason`; one that is not known yet is `other`. */
export function reasonFromWire(word: string): FinishReason {
  return reasons.get(word) ?? 'other'
}

/**
 * The `finish_reason` to show: the provider's own word where it is Cohere's and means the same. What Cohere has no
 * word for is shown in the provider's: dressed as `COMPLETE`, it would pass for a normal answer.
 */
export function reasonToWire(reason: FinishReason, native: string): string {
  if (reasons.get(native) === reason) return native
  switch (reason) {
    case 'stop':
      return 'COMPLETE'
    case 'length':
    case 'pause':
      return 'MAX_TOKENS'
    case 'tool-calls':
      return 'TOOL_CALL'
    case 'content-filter':
    case 'refusal':
    case 'error':
    case 'other':
      return native === '' ? reason : native
  }
}
