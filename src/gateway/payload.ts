/** What a request asked and was answered, for those whose payloads are recorded. */

import type { Answer } from '../core/answer.ts'
import { defined } from '../core/json.ts'
import type { Guarding } from '../guardrails/guard.ts'
import type { RequestRecord } from '../records/record.ts'
import type { Exchange } from './exchange.ts'

/** Marks the exchange and has its answer kept. The gateway's own questions are no traffic. */
export function openPayload(exchange: Exchange): void {
  const { wants } = exchange.parts.payloads
  if (wants === undefined) return
  const { call, principal, destination, inbound } = exchange
  const isOwn = inbound.dialect === 'weir'
  if (isOwn || call!.replayable === undefined || !wants(principal!.keyName, destination!.name)) return
  exchange.isRecorded = true
  exchange.call = call!.replayable().kept()
}

export function recordPayload(
  { call, parts, guarding }: Exchange,
  record: RequestRecord,
  answer: Answer | undefined,
): void {
  const request = call?.generation?.request
  if (request === undefined) return
  const { id, org, atMs, dialect, requestedModel, keyId, keyName, tags, status } = record
  const { route, provider, model, user, session } = record
  const head = { id, org, atMs, dialect, requestedModel, keyId, keyName, tags, status }
  parts.payloads.record(
    { ...head, ...defined({ route, provider, model, user, session }) },
    { request, ...(answer && { answer: guarding ? withoutRestored(answer, guarding) : answer }) },
  )
}

/** What guardrails took out of the prompt, and put back for the client, is not recorded either. */
function withoutRestored(answer: Answer, { placeholders }: Guarding): Answer {
  if (placeholders.isEmpty) return answer
  return {
    ...answer,
    blocks: answer.blocks.map((block) => ({ ...block, text: placeholders.hide(block.text) })),
  }
}
