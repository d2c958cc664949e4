/** Gemini's words for why a candidate ended, in both directions. */

import type { FinishReason } from '../../core/event.ts'

const reasons: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  JAILBREAK: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
  MALFORMED_FUNCTION_CALL: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  MISSING_THOUGHT_SIGNATURE: 'error',
  MALFORMED_RESPONSE: 'error',
}

/** Our word for Gemini's. It has none for "run these tools": a stop after a function call means that. */
export function finishReasonOf(word: string, hasToolCall: boolean): FinishReason {
  const reason = Object.hasOwn(reasons, word) ? reasons[word] : undefined
  if (reason === 'stop' && hasToolCall) return 'tool-calls'
  return reason ?? 'other'
}

/** Gemini's word for an end. The provider's own word is kept where it is one of Gemini's and says the same. */
export function finishWordOf(reason: FinishReason, native: string, hasToolCall: boolean): string {
  if (/^[A-Z][A-Z_]*$/.test(native) && finishReasonOf(native, hasToolCall) === reason) return native
  switch (reason) {
    case 'stop':
    case 'tool-calls':
    case 'pause':
      return 'STOP'
    case 'length':
      return 'MAX_TOKENS'
    case 'content-filter':
    case 'refusal':
      return 'SAFETY'
    case 'error':
    case 'other':
      return 'OTHER'
  }
}
