/** A request that asks to be answered in the background: taken here, and made by the batch of one line that it becomes. */

import { GatewayError } from '../core/error.ts'
import type { Exchange } from './exchange.ts'

/** Tells the client under which id the answer will be. Rejects with GatewayError. */
export async function answerLater(exchange: Exchange): Promise<void> {
  const { parts, principal, call, inbound, payer, outlet } = exchange
  const { org, keyId, keyName, isFleeting, isNarrow } = principal!
  if (isFleeting || isNarrow) {
    const message = 'What is made in the background outlives a token: use an API key.'
    throw new GatewayError('permission_denied', message)
  }
  const response = await parts.answerLater({
    owner: { org, keyId, keyName },
    body: call!.later!,
    user: payer,
    header: (name) => inbound.header(name),
  })
  const headers = { 'content-type': 'application/json; charset=utf-8', 'x-weir-request-id': inbound.id }
  outlet.send(200, headers, JSON.stringify(response))
}
