/** The guardrails of a request's destination: what of it may go on, and how its answer is looked at. */

import type { ContractAttempt } from '../core/contract.ts'
import { Guarding } from '../guardrails/guard.ts'
import type { Call } from '../upstream/operation.ts'
import type { Exchange } from './exchange.ts'

/** Guardrails ask models themselves: on this account, which none of them is for. */
export const guardrailAccount = 'guardrails'

/** Undefined where there is nothing to wait for. Throws `guardrail_blocked`, and rejects with it or `guardrail_unavailable`. */
export function guard(exchange: Exchange): Promise<void> | undefined {
  const { of } = exchange.parts.guardrails
  if (of === undefined) return undefined
  const found = of(exchange.destination!.name)
  if (found === undefined || exchange.principal!.keyId === guardrailAccount) return undefined
  const guarding = new Guarding(found)
  exchange.guarding = guarding
  const call = exchange.call!
  if (call.generation) {
    const { request } = call.generation
    const taken = guarding.takeRequest(request)
    const goOn = (next: typeof request): void => {
      if (next !== request)
        takeAs(
          exchange,
          call.rewritten!(() => next),
        )
    }
    if (taken instanceof Promise) return taken.then(goOn)
    goOn(taken)
    return undefined
  }
  return guardTexts(exchange, guarding)
}

function guardTexts(exchange: Exchange, guarding: Guarding): Promise<void> | undefined {
  const found = exchange.call!.texts?.()
  if (found === undefined) {
    guarding.refuseUnread()
    return undefined
  }
  const rewrite = guarding.takeTexts(found.texts.map((text) => ({ text, isJson: false })))
  const texts = rewrite ? found.texts.map((text) => rewrite(text, false)) : found.texts
  if (rewrite) takeAs(exchange, found.replaced(texts))
  return guarding.askOthers(() => texts.join('\n'))
}

/** Records, budgets and deletion go by the user whom the client named, whatever the provider is told. */
function takeAs(exchange: Exchange, call: Call): void {
  exchange.namedUser = exchange.call?.user
  exchange.call = call
}

/** The part that guardrails have in an attempt, beside that of a contract; undefined where neither has any. */
export function guardedAttempt(
  exchange: Exchange,
  inner: ContractAttempt | undefined,
): ContractAttempt | undefined {
  const { guarding, call } = exchange
  const request = inner?.request ?? call?.generation?.request
  if (guarding?.looksAtAnswers !== true || request === undefined) return inner
  return { request, check: () => guarding.check(request, inner?.check()) }
}
