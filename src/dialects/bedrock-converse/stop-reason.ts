/** Why an answer ended: Bedrock's words and ours. */

import type { FinishReason } from '../../core/event.ts'

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['guardrail_intervened', 'content-filter'],
  ['content_filtered', 'content-filter'],
  ['malformed_model_output', 'error'],
  ['malformed_tool_use', 'error'],
])

/** Our word for a `stopReason`; one that is not known yet is `other`. */
export function reasonFromWire(stopReason: string): FinishReason {
  return reasons.get(stopReason) ?? 'other'
}

/** The `stopReason` to show: the provider's own word where it is one of this dialect's and means the same. */
export function reasonToWire(reason: FinishReason, native: string, stopSequence: string | undefined): string {
  if (reasons.get(native) === reason) return native
  switch (reason) {
    case 'stop':
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence'
    case 'length':
      return 'max_tokens'
    case 'tool-calls':
      return 'tool_use'
    case 'refusal':
    case 'content-filter':
      return 'content_filtered'
    case 'error':
      return 'malformed_model_output'
    case 'pause':
    case 'other':
      // Neither has a word here, and dressing them as a normal end would hide them: the provider's stands.
      return native === '' ? reason : native
  }
}
