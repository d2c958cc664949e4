/** Takes a credential out of what a provider said about it: some repeat the key that they refuse. */

import { GatewayError, type UpstreamFault } from '../core/error.ts'
import type { Credential } from '../providers/provider.ts'

const mask = '***'
/** Shorter values are no secrets, and would be found in ordinary words. */
const minSecretLength = 8

/** The same error where nothing had to be taken out. */
export function withoutCredential(error: GatewayError, { headers }: Credential): GatewayError {
  if (error.upstream === undefined) return error
  const secrets = Object.values(headers)
    .map((value) => value.replace(/^Bearer /, ''))
    .filter((value) => value.length >= minSecretLength)
  const { code, message, status, param, retryAfterMs, upstream, contract, cause } = error
  const texts = [message, param, upstream.message, upstream.code, upstream.type, upstream.param]
  if (!secrets.some((secret) => texts.some((text) => text?.includes(secret)))) return error
  const clean = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, mask), text)
  const told = Object.entries(upstream).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? clean(value) : value,
  ])
  return new GatewayError(code, clean(message), {
    status,
    upstream: Object.fromEntries(told) as UpstreamFault,
    cause,
    ...(param !== undefined && { param: clean(param) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(contract && { contract }),
  })
}
