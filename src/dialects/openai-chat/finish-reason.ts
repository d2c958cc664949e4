/** Why a choice ended: Chat Completions' words and ours. */

import type { FinishReason } from '../../core/event.ts'

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'], // Together's name for the end-of-sequence token
  ['length', 'length'],
  ['model_length', 'length'], // Mistral, at the end of the context window
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['error', 'error'],
])

/**
 * Our word for a `finish_reason`; one that is not known yet is `other`. OpenAI ends a forced tool call with
 * `stop`: it asks for the tool all the same.
 */
export function reasonFromWire(word: string, hasTools: boolean): FinishReason {
  const reason = reasons.get(word) ?? 'other'
  return reason === 'stop' && hasTools ? 'tool-calls' : reason
}

/**
 * The `finish_reason` to show: the provider's own word where it is one of this dialect's and means the same.
 * A refusal is `content_filter`, as gateways commonly tell that of Anthropic's models: `stop` would pass for
 * a normal answer. A paused turn is `length`: incomplete, and it may be asked to go on.
 */
export function reasonToWire(reason: FinishReason, native: string, hasTools: boolean): string {
  if (reasons.has(native) && reasonFromWire(native, hasTools) === reason) return native
  switch (reason) {
    case 'stop':
      return 'stop'
    case 'length':
    case 'pause':
      return 'length'
    case 'tool-calls':
      return 'tool_calls'
    case 'content-filter':
    case 'refusal':
      return 'content_filter'
    case 'error':
    case 'other':
      // Neither has a word here, and dressing them as a normal end would hide them: the provider's stands.
      return native === '' ? reason : native
  }
}
