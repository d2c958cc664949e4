/** How a response ended: the canonical reason, and OpenAI's status with its details. */

import type { FinishReason } from '../../core/event.ts'
import { asObject, asString, type JsonObject } from '../../core/json.ts'

/** What the answer holds, which decides between the reasons that `completed` stands for. */
export interface Content {
  readonly hasTool: boolean
  readonly hasRefusal: boolean
}

export interface Ending {
  readonly reason: FinishReason
  readonly native: string
}

export function completedEnding({ hasTool, hasRefusal }: Content): Ending {
  return { reason: hasTool ? 'tool-calls' : hasRefusal ? 'refusal' : 'stop', native: 'completed' }
}

export function incompleteEnding(response: JsonObject): Ending {
  const native = asString(asObject(response['incomplete_details'])?.['reason']) ?? 'incomplete'
  switch (native) {
    case 'max_output_tokens':
    case 'max_tokens':
      return { reason: 'length', native: 'max_output_tokens' }
    case 'content_filter':
      return { reason: 'content-filter', native }
    default:
      return { reason: 'other', native }
  }
}

interface WireEnding {
  readonly status: 'completed' | 'incomplete'
  readonly incomplete_details: JsonObject | null
}

/**
 * A refusal that the answer does not word as one is told as a filter's: the caller must see that the model did
 * not just stop. What is neither whole nor cut by a limit or a filter is `incomplete` without a reason.
 */
export function endingToWire(reason: FinishReason, hasRefusal: boolean): WireEnding {
  switch (reason) {
    case 'stop':
    case 'tool-calls':
      return { status: 'completed', incomplete_details: null }
    case 'refusal':
      return hasRefusal ? { status: 'completed', incomplete_details: null } : incomplete('content_filter')
    case 'length':
      return incomplete('max_output_tokens')
    case 'content-filter':
      return incomplete('content_filter')
    case 'pause':
    case 'error':
    case 'other':
      return incomplete(undefined)
  }
}

function incomplete(reason: string | undefined): WireEnding {
  return { status: 'incomplete', incomplete_details: reason === undefined ? {} : { reason } }
}
