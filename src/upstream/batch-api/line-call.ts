/** A call whose request goes to the provider in a batch: what it would send, and later what became of it. */

import { GatewayError } from '../../core/error.ts'
import { asObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import type { Target } from '../../providers/provider.ts'
import type { AttemptContext, AttemptResult, Call } from '../operation.ts'
import type { SendOptions, Sender } from '../send.ts'
import type { Receiver, UpstreamCall } from '../upstream-call.ts'

export interface BatchableRequest {
  /** Below the provider's base URL. */
  readonly path: string
  readonly body: JsonObject
  /** What the target cannot carry. */
  readonly dropped: readonly string[]
}

/**
 * What the call would send to this target; undefined where it is not one request of plain JSON. Throws what the
 * attempt itself would.
 */
export async function requestOf(
  call: Call,
  target: Target,
  context: Omit<AttemptContext, 'sender'>,
): Promise<BatchableRequest | undefined> {
  const sent: SendOptions[] = []
  const sender = localSender((options, receiver) => {
    sent.push(options)
    receiver.onFault(new GatewayError('client_gone', 'Nothing is sent: only the request is looked at.'))
  })
  const { dropped } = await call.attempt(target, { ...context, sender })
  const [only] = sent
  if (!only || only.raw || only.headers || only.stream) return undefined
  const body = asObject(parseJson(only.body.toString()))
  return body && { path: only.path, body, dropped }
}

/** The attempt as it would have been, had the provider answered it at once. */
export function attemptAnswered(
  call: Call,
  target: Target,
  context: Omit<AttemptContext, 'sender'>,
  answer: { readonly status: number; readonly body: Json },
): Promise<AttemptResult> {
  const sender = localSender((_options, receiver) => {
    receiver.onHeaders(answer.status, { 'content-type': 'application/json' })
    receiver.onData(Buffer.from(JSON.stringify(answer.body)))
    receiver.onEnd()
  })
  return call.attempt(target, { ...context, sender })
}

/** Answers within the process, once whoever sends has its call. */
function localSender(answer: (options: SendOptions, receiver: Receiver) => void): Sender {
  return {
    send(options, receiver) {
      queueMicrotask(() => answer(options, receiver))
      return localCall
    },
    keep: () => undefined,
    close: async () => undefined,
  }
}

const localCall: UpstreamCall = {
  phase: 'answered',
  abort: () => undefined,
  drain: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  contentArrived: () => undefined,
}
