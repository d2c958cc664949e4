/** The kinds of values that settings of more than one section take: texts, names, times, sizes, addresses, secrets. */

import { z } from 'zod'
import { Secret } from '../core/secret.ts'
import { isAddressRange } from './address-range.ts'
import { looksLikeReference, parseSecretRef, SecretRef } from './secret-ref.ts'

export const text = z.string().min(1)
export const port = z.number().int().min(0).max(65535)
/** A day at most: whatever takes longer is no matter of milliseconds. */
export const milliseconds = z.number().int().min(1).max(86_400_000)
export const bytes = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

/** A check whose failure carries its own mend. `mend` must not repeat the value: it could be a secret. */
export function checked(isValid: (value: string) => boolean, message: string, mend: string): z.ZodString {
  return z.string().refine(isValid, { error: message, params: { mend } })
}

/** Names stand in `provider/model`, in headers, metrics and paths of the admin API. */
export const name = checked(
  (value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
  'not a valid name',
  'Use letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 64.',
)

/** A region as the provider of a cloud calls it. */
export const cloudRegion = checked(
  (value) => /^[a-z0-9-]{1,40}$/.test(value),
  'not a region',
  'Write its name, such as `us-east-1`.',
)

export const addressRange = checked(
  isAddressRange,
  'not an IP address or range',
  'Write an address (`10.0.0.7`) or a range (`10.0.0.0/8`, `fd00::/8`).',
)

export const hostName = checked(
  (value) => /^(?!-)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(value) && value.length <= 253,
  'not a host name',
  'Write the name alone, such as `weir.example`: no scheme, no port, no `*`.',
)

export const outboundUrl = checked(
  isOutboundUrl,
  'not a base URL',
  'Write `https://host/path` (or `http://`), without user, password, query or fragment.',
)

function isOutboundUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  const isBare = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return (url.protocol === 'https:' || url.protocol === 'http:') && isBare
}

/** Stands beside each outbound address. */
export const allowPrivateNetwork = z
  .boolean()
  .default(false)
  .describe('Allow loopback and private addresses, and `http://`, for this outbound address.')

/** A setting that wants a secret: parsed to a `SecretRef`, resolved after the file has been checked. */
export function secret(meaning: string) {
  return text
    .transform(readSecretRef)
    .describe(`${meaning} A secret reference: \`env:NAME\`, \`file:/path\`, or a place in a vault.`)
}

function readSecretRef(value: string, context: z.RefinementCtx): SecretRef {
  const ref = parseSecretRef(value)
  if (ref instanceof SecretRef) return ref
  context.addIssue({ code: 'custom', message: ref.message, params: { mend: ref.mend } })
  return z.NEVER
}

/** Most headers are no secrets and stand in the file as they are; `references.ts` refuses that for credentials. */
function readHeaderValue(value: string, context: z.RefinementCtx): SecretRef {
  if (!looksLikeReference(value)) return new SecretRef({ kind: 'open', secret: new Secret(value) })
  return readSecretRef(value, context)
}

export const headers = z
  .record(
    checked(
      (value) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value),
      'not a header name',
      'Use letters, digits and `-`.',
    ),
    z.string().transform(readHeaderValue),
  )
  .describe('Headers sent with every request. A value may be `env:NAME` or `file:/path`.')
