/** Keeps one access token: fetched when it is first needed, renewed before it ends, replaced when it is refused. */

import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'

export interface BearerToken {
  readonly token: Secret
  /** Wall clock. */
  readonly expiresAtMs: number
}

/** No request begins with a token that ends sooner. */
const marginMs = 60_000

export interface Bearer {
  /** Calls with a token; once more with a new one where the first is refused. */
  call<Answer extends { readonly status: number }>(ask: (token: Secret) => Promise<Answer>): Promise<Answer>
}

export function createBearer(fetchToken: () => Promise<BearerToken>, clock: Clock): Bearer {
  let kept: BearerToken | undefined
  let pending: Promise<BearerToken> | undefined

  const current = (): Promise<BearerToken> | BearerToken => {
    if (kept && kept.expiresAtMs - clock.nowMs() > marginMs) return kept
    pending ??= fetchToken()
      .then((token) => (kept = token))
      .finally(() => (pending = undefined))
    return pending
  }

  return {
    async call(ask) {
      const used = await current()
      const answer = await ask(used.token)
      if (answer.status !== 401) return answer
      if (kept === used) kept = undefined
      return ask((await current()).token)
    },
  }
}
