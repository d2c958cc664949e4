/** Why an answer ended: Ollama's words and ours. */

import type { FinishReason } from '../../core/event.ts'

/** Our word for a `done_reason`; Ollama has none of its own for an answer that asks for tools. */
export function reasonFromWire(word: string, hasTools: boolean): FinishReason {
  switch (word) {
    case 'stop':
      return hasTools ? 'tool-calls' : 'stop'
    case 'length':
      return 'length'
    default:
      return 'other' // `load` and `unload`: nothing was asked
  }
}

/** The `done_reason` to show. What Ollama has no word for is shown in the provider's: `stop` would hide it. */
export function reasonToWire(reason: FinishReason, native: string): string {
  switch (reason) {
    case 'stop':
    case 'tool-calls':
      return 'stop'
    case 'length':
    case 'pause':
      return 'length'
    case 'content-filter':
    case 'refusal':
    case 'error':
    case 'other':
      return native === '' ? reason : native
  }
}
