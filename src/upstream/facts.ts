/** What is known of an answer that came whole. */

import type { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import type { Usage } from '../core/usage.ts'
import type { ReceivedText } from './operation.ts'

/** The text of it, for whoever has to count it. */
export function receivedOf(events: readonly GenEvent[]): ReceivedText {
  let text = ''
  for (const event of events) if (event.type === 'block-delta') text += event.text
  return { text, length: text.length }
}

export interface Facts {
  error?: GatewayError
  usage?: Usage
  finish?: string
  reportedModel?: string
}

/** What the request path wants to know of an answer: what it cost whatever became of it, and how it ended. */
export function factsOf(decoded: readonly GenEvent[], events: readonly GenEvent[]): Facts {
  const facts: Facts = {}
  for (const event of decoded) {
    if (event.type === 'start') facts.reportedModel = event.model
    else if (event.type === 'usage') facts.usage = event.usage
  }
  for (const event of events) {
    if (event.type === 'finish') facts.finish ??= event.reason
    else if (event.type === 'fail') facts.error = event.error
  }
  return facts
}

/** It ended well, said nothing and used nothing: a fault of the provider, in all likelihood. */
export function isEmpty(events: readonly GenEvent[], { usage, finish }: Facts): boolean {
  if (finish !== 'stop' || (usage?.outputTokens ?? 0) > 0) return false
  return !events.some((event) => event.type === 'block-delta' || isThing(event))
}

function isThing(event: GenEvent): boolean {
  return event.type === 'block-start' && !['text', 'reasoning', 'refusal'].includes(event.kind)
}
