/** What a line's result looks like in its batch's files, in the shapes of OpenAI and of Anthropic. */

import type { Json, JsonObject } from '../core/json.ts'
import type { Batch, BatchDialect, StopReason } from './batch.ts'

/** What a request was answered with. */
export interface LineAnswer {
  readonly requestId: string
  readonly status: number
  /** In the dialect of the line's endpoint. */
  readonly body: Json
}

type BatchName = Pick<Batch, 'id' | 'dialect'>

export function resultLine(batch: BatchName, line: number, customId: string, answer: LineAnswer): string {
  return JSON.stringify(encoders[batch.dialect].answered(batch, line, customId, answer))
}

/** Of a line that is left without an answer. */
export function unansweredLine(
  batch: BatchName,
  line: number,
  customId: string,
  why: StopReason | LostReason,
): string {
  return JSON.stringify(encoders[batch.dialect].unanswered(batch, line, customId, why))
}

/**
 * `crashed`: it was under way each time that the gateway ended. `broken`: the gateway failed at it each time.
 * `unreadable`: its input cannot be read any more. `lost`: its result cannot.
 */
export type LostReason = 'crashed' | 'broken' | 'unreadable' | 'lost'

interface ResultEncoder {
  answered(batch: BatchName, line: number, customId: string, answer: LineAnswer): JsonObject
  unanswered(batch: BatchName, line: number, customId: string, why: StopReason | LostReason): JsonObject
}

const words: Record<StopReason | LostReason, { readonly code: string; readonly message: string }> = {
  expired: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
  cancelled: {
    code: 'batch_cancelled',
    message: 'The batch was cancelled before this request was executed.',
  },
  max_usd: { code: 'max_usd_reached', message: 'The batch has cost as much as it may.' },
  crashed: {
    code: 'internal',
    message: 'This request was under way each time that the gateway ended: it is not tried again.',
  },
  broken: { code: 'internal', message: 'The gateway failed at this request each time that it tried.' },
  unreadable: { code: 'internal', message: 'This line of the input file cannot be read any more.' },
  lost: { code: 'internal', message: 'The result of this request was lost.' },
}

/** https://platform.openai.com/docs/api-reference/batch/request-output */
const openai: ResultEncoder = {
  answered: (batch, line, customId, { requestId, status, body }) => ({
    id: requestIdOf(batch, line),
    custom_id: customId,
    response: { status_code: status, request_id: requestId, body },
    error: null,
  }),
  unanswered: (batch, line, customId, why) => ({
    id: requestIdOf(batch, line),
    custom_id: customId,
    response: null,
    error: { ...words[why] },
  }),
}

/** https://docs.claude.com/en/api/retrieving-message-batch-results */
const anthropic: ResultEncoder = {
  answered: (_batch, _line, customId, { status, body }) => ({
    custom_id: customId,
    result: status < 300 ? { type: 'succeeded', message: body } : { type: 'errored', error: body },
  }),
  unanswered: (_batch, _line, customId, why) => ({
    custom_id: customId,
    result:
      why === 'expired' ? { type: 'expired' } : why === 'cancelled' ? { type: 'canceled' } : errored(why),
  }),
}

function errored(why: StopReason | LostReason): JsonObject {
  const { message } = words[why]
  const type = why === 'max_usd' ? 'billing_error' : 'api_error'
  return { type: 'errored', error: { type: 'error', error: { type, message } } }
}

const encoders: Record<BatchDialect, ResultEncoder> = {
  openai,
  anthropic,
  deferred: openai,
  background: openai,
}

/** `batch_01J...` and line 12 are `batch_req_01J..._12`. */
function requestIdOf({ id }: BatchName, line: number): string {
  return `batch_req_${id.slice(id.indexOf('_') + 1)}_${line}`
}
