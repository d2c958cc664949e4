/** Keeps the access tokens of providers whose credential is exchanged for one: fetched once, renewed in time. */

import { Agent } from 'undici'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { AccessToken, TokenGrant } from '../providers/google.ts'
import type { Provider } from '../providers/provider.ts'
import { checkEgressUrl, createGuardedConnector, policyFor, toConnectError } from './egress.ts'

export interface AccessTokens {
  /** The header to send; at once where a token is kept. Rejects with GatewayError. */
  headers(provider: Provider, grant: TokenGrant): Promise<Headers> | Headers
}

type Headers = Readonly<Record<string, string>>

/** A token is renewed before it ends, so that none ends on the way; until then the old one serves. */
const renewBeforeMs = 300_000
/** No request begins with a token that ends sooner. */
const marginMs = 30_000
const maxAnswerBytes = 65_536

interface Kept {
  token?: AccessToken
  /** The exchange under way: all requests that wait share it. */
  pending?: Promise<AccessToken>
}

export function createAccessTokens(clock: Clock): AccessTokens {
  // By grant, so that a reload, which makes new ones, forgets the old.
  const kept = new WeakMap<TokenGrant, Kept>()

  const renew = (provider: Provider, grant: TokenGrant, entry: Kept): Promise<AccessToken> => {
    entry.pending ??= exchangeToken(provider, grant, clock)
      .then((token) => (entry.token = token))
      .finally(() => delete entry.pending)
    return entry.pending
  }

  return {
    headers(provider, grant) {
      const entry = kept.get(grant) ?? {}
      kept.set(grant, entry)
      const leftMs = (entry.token?.expiresAtMs ?? 0) - clock.nowMs()
      if (entry.token === undefined || leftMs < marginMs) return renew(provider, grant, entry).then(toHeaders)
      // In the background; a failure is told by the first request that has no token left.
      if (leftMs < renewBeforeMs) renew(provider, grant, entry).catch(() => undefined)
      return toHeaders(entry.token)
    },
  }
}

function toHeaders({ token }: AccessToken): Headers {
  return { authorization: `Bearer ${token.reveal()}` }
}

async function exchangeToken(provider: Provider, grant: TokenGrant, clock: Clock): Promise<AccessToken> {
  const { url, form } = grant.request(clock.nowMs())
  const policy = policyFor(url, provider.allowPrivateNetwork)
  const { origin, pathname, protocol } = checkEgressUrl(url, policy)
  if (protocol !== 'https:' && !provider.allowPrivateNetwork) {
    throw new GatewayError('egress_blocked', 'The address that gives access tokens is not encrypted.')
  }
  const { connectMs, firstTokenMs } = provider.timeouts
  const agent = new Agent({
    connect: createGuardedConnector(policy, { connectTimeoutMs: connectMs }),
    headersTimeout: firstTokenMs,
    bodyTimeout: firstTokenMs,
    maxResponseSize: maxAnswerBytes,
  })
  try {
    const answer = await agent.request({
      origin,
      path: pathname,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form,
    })
    return grant.read(answer.statusCode, await answer.body.text(), clock.nowMs())
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : toConnectError(cause)
  } finally {
    void agent.destroy()
  }
}
