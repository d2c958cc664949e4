/** What a request refers to is put into it, and its answer kept for later ones to refer to. */

import { GatewayError } from '../core/error.ts'
import { type JsonObject, asString } from '../core/json.ts'
import { continueConversation, conversationOf } from '../stored/conversation.ts'
import type { Exchange } from './exchange.ts'

/**
 * Puts what the client refers to into its request: single items, and the earlier turns of a kept conversation.
 * Undefined where it refers to nothing.
 */
export function recall(exchange: Exchange): Promise<void> | undefined {
  const memory = exchange.call?.memory
  if (memory === undefined) return undefined
  const refers = memory.previousId !== undefined || memory.references.length > 0
  return refers ? recallAll(exchange) : undefined
}

async function recallAll(exchange: Exchange): Promise<void> {
  await recallItems(exchange)
  const { call, principal, parts } = exchange
  const previousId = call?.memory?.previousId
  if (previousId === undefined) return
  const found = await parts.stored.find({ org: principal!.org, keyId: principal!.keyId, id: previousId })
  if (!found) return
  exchange.call = call!.memory!.continued((request) => continueConversation(request, found.conversation))
}

/** Each is a query of its own. */
const maxReferences = 1_000

async function recallItems(exchange: Exchange): Promise<void> {
  const { call, principal, parts } = exchange
  const references = new Set(call?.memory?.references.slice(0, maxReferences))
  if (references.size === 0) return
  const { org, keyId } = principal!
  const items = new Map<string, JsonObject>()
  for (const id of references) {
    const item = await parts.stored.findItem({ org, keyId }, id)
    if (item) items.set(id, item)
  }
  if (items.size > 0) exchange.call = call!.memory!.withItems(items)
}

/**
 * Keeps the answer where the client asked for it (`store: true`), before it can be referred to. Undefined where it did
 * not ask.
 */
export function remember(exchange: Exchange): Promise<void> | undefined {
  return exchange.call?.memory?.keep === true ? keepAnswer(exchange) : undefined
}

async function keepAnswer({ last, principal, parts, inbound, user, guarding }: Exchange): Promise<void> {
  const { transcript } = last ?? {}
  const id = transcript && asString(transcript.body['id'])
  if (transcript === undefined || id === undefined) return
  const conversation = conversationOf(guarding?.original ?? transcript.request, transcript.answer)
  const owner = { org: principal!.org, keyId: principal!.keyId, id }
  try {
    await parts.stored.keep(
      { ...owner, ...(user !== undefined && { user }) },
      { conversation, answer: transcript.body },
    )
  } catch (cause) {
    // The answer is good; only its continuation is lost.
    parts.onError(new GatewayError('internal', 'A response could not be kept.', { cause }), inbound.id)
  }
}
