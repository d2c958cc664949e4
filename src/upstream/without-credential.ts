/** Takes credentials out of what a provider said: some repeat the key that they refuse. */

import { GatewayError, type UpstreamFault } from '../core/error.ts'
import type { Target } from '../providers/provider.ts'

const mask = '***'
/** Shorter values are no secrets, and would be found in ordinary words. */
const minSecretLength = 8

/** Proofs that are made for one request or one hour, by the form in which they are repeated. */
const proofs: readonly (readonly [form: RegExp, told: string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  [/(x-amz-security-token\s*[:=]\s*)[^\s"',&]+/gi, `$1${mask}`],
  [/\bya29\.[\w.-]{8,}/g, mask],
]

/** What proves to the provider who asks: its credential, and the headers that the configuration adds, which are secrets. */
export function secretsOf({ provider, credential }: Target): string[] {
  const added = Object.entries(provider.headers).filter(
    ([name, value]) => provider.spec.headers?.[name] !== value,
  )
  return [...Object.values(credential.headers), ...added.map(([, value]) => value)]
    .map((value) => value.replace(/^Bearer /, ''))
    .filter((value) => value.length >= minSecretLength)
}

export function holdsCredential(text: string, target: Target): boolean {
  return cleaned(text, secretsOf(target)) !== text
}

/** The same error where nothing had to be taken out. */
export function withoutCredential(error: GatewayError, target: Target): GatewayError {
  if (error.upstream === undefined) return error
  const secrets = secretsOf(target)
  return withTexts(error, (text) => cleaned(text, secrets))
}

function cleaned(text: string, secrets: readonly string[]): string {
  const rest = secrets.reduce((left, secret) => left.replaceAll(secret, mask), text)
  return proofs.reduce((left, [form, told]) => left.replace(form, told), rest)
}

/** The error with its texts, and those that its provider told, rewritten; the same one where none changes. */
export function withTexts(error: GatewayError, rewrite: (text: string) => string): GatewayError {
  const { code, status, retryAfterMs, contract, cause } = error
  const message = rewrite(error.message)
  const param = error.param === undefined ? undefined : rewrite(error.param)
  const upstream = error.upstream && rewrittenFault(error.upstream, rewrite)
  if (message === error.message && param === error.param && upstream === error.upstream) return error
  return new GatewayError(code, message, {
    status,
    cause,
    ...(upstream && { upstream }),
    ...(param !== undefined && { param }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(contract && { contract }),
  })
}

function rewrittenFault(fault: UpstreamFault, rewrite: (text: string) => string): UpstreamFault {
  const told = Object.entries(fault).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? rewrite(value) : value,
  ])
  const next = Object.fromEntries(told) as UpstreamFault
  return Object.entries(next).every(([name, value]) => value === fault[name as keyof UpstreamFault])
    ? fault
    : next
}
