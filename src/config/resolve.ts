/** Replaces every secret reference of a configuration by its secret, and checks what only the values show. */

import { createSecureContext } from 'node:tls'
import { Secret } from '../core/secret.ts'
import type { Finding, Path } from './fault.ts'
import { isQueueUrl, isRedisUrl, queueMend, sharedMend } from './place-setting.ts'
import { isPostgresUrl, storeMend } from './store-setting.ts'
import { resolveSecret, SecretRef, type SecretSources } from './secret-ref.ts'

/** `T`, read-only throughout, with a `Secret` wherever it had a reference. */
export type Resolved<T> = T extends SecretRef
  ? Secret
  : T extends object
    ? { readonly [K in keyof T]: Resolved<T[K]> }
    : T

/**
 * A frozen copy of `settings` with secrets in place of references. A reference that leads nowhere is added to
 * `findings` and leaves an empty secret in its place, so that all of them are told at once.
 */
export async function resolveSecrets<T>(
  settings: T,
  sources: SecretSources,
  findings: Finding[],
  root: Path = [],
): Promise<Resolved<T>> {
  async function resolveValue(value: unknown, path: Path): Promise<unknown> {
    if (value instanceof SecretRef) {
      const result = await resolveSecret(value, sources)
      sources.onReference?.({ path, ref: value, ...(!(result instanceof Secret) && { fault: result }) })
      if (result instanceof Secret) return Object.freeze(result)
      findings.push({ path, ...result })
      return new Secret('')
    }
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value
      return Object.freeze(
        await Promise.all(items.map((item, index) => resolveValue(item, [...path, index]))),
      )
    }
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(
      async ([name, member]) => [name, await resolveValue(member, [...path, name])] as const,
    )
    return Object.freeze(Object.fromEntries(await Promise.all(members)))
  }
  return (await resolveValue(settings, root)) as Resolved<T>
}

/** The parts of a resolved configuration that hold secrets. */
interface SecretHolders {
  readonly server: { readonly tls?: { readonly cert: Secret; readonly key: Secret } }
  readonly admin: { readonly token?: Secret }
  readonly keys: readonly { readonly secret: Secret }[]
  readonly providers: Readonly<
    Record<
      string,
      {
        readonly apiKey?: Secret
        readonly apiKeys?: readonly { readonly key: Secret }[]
        readonly accessKeyId?: Secret
        readonly sessionToken?: Secret
        readonly headers?: Readonly<Record<string, Secret>>
      }
    >
  >
  readonly store: 'sqlite' | Secret
  readonly access: { readonly pepper?: Secret }
  readonly secrets: { readonly stored?: { readonly key?: Secret; readonly previousKeys: readonly Secret[] } }
  readonly alerts: {
    readonly webhooks: readonly { readonly secret: Secret }[]
    readonly slack: readonly { readonly url: Secret; readonly allowPrivateNetwork: boolean }[]
  }
  readonly guardrails: {
    readonly rules: Readonly<Record<string, { readonly webhook?: { readonly secret: Secret } }>>
  }
  readonly batches: { readonly webhooks: Readonly<Record<string, { readonly secret: Secret }>> }
  readonly shared: 'memory' | Secret
  readonly queue: 'store' | Secret
  readonly telemetry: { readonly otlp?: { readonly headers?: Readonly<Record<string, Secret>> } }
}

const minSecretLength = 16
const minPepperLength = 32
const minKeyLength = 32

/** Faults of the secrets themselves: too short, not fit for a header, used twice, not a key pair. */
export function checkSecrets(config: SecretHolders): Finding[] {
  const { token } = config.admin
  const inbound: readonly (readonly [Path, Secret])[] = [
    ...(token ? [[['admin', 'token'], token] as const] : []),
    ...config.keys.map((key, index) => [['keys', index, 'secret'], key.secret] as const),
  ]
  return [
    ...inbound.flatMap(([path, secret]) => checkInbound(path, secret)),
    ...checkReuse(inbound),
    ...Object.entries(config.providers).flatMap(([name, provider]) => [
      ...checkOutbound(['providers', name, 'apiKey'], provider.apiKey),
      ...checkOutbound(['providers', name, 'accessKeyId'], provider.accessKeyId),
      ...checkOutbound(['providers', name, 'sessionToken'], provider.sessionToken),
      ...(provider.apiKeys ?? []).flatMap(({ key }, index) =>
        checkOutbound(['providers', name, 'apiKeys', index, 'key'], key),
      ),
      ...checkOutboundHeaders(['providers', name, 'headers'], provider.headers),
    ]),
    ...checkOutboundHeaders(['telemetry', 'otlp', 'headers'], config.telemetry.otlp?.headers),
    ...checkStore(config.store),
    ...(config.access.pepper ? checkLength(['access', 'pepper'], config.access.pepper, minPepperLength) : []),
    ...(config.secrets.stored?.key
      ? checkLength(['secrets', 'stored', 'key'], config.secrets.stored.key, minKeyLength)
      : []),
    ...config.alerts.webhooks.flatMap(({ secret }, index) =>
      checkLength(['alerts', 'webhooks', index, 'secret'], secret),
    ),
    ...config.alerts.slack.flatMap(({ url, allowPrivateNetwork }, index) =>
      checkUrl(['alerts', 'slack', index, 'url'], url, allowPrivateNetwork),
    ),
    ...Object.entries(config.guardrails.rules).flatMap(([name, { webhook }]) =>
      webhook ? checkLength(['guardrails', 'rules', name, 'webhook', 'secret'], webhook.secret) : [],
    ),
    ...Object.entries(config.batches.webhooks).flatMap(([name, { secret }]) =>
      checkLength(['batches', 'webhooks', name, 'secret'], secret),
    ),
    ...checkShared(config.shared),
    ...checkQueue(config.queue),
    ...checkKeyPair(config.server.tls),
  ]
}

/** What callers send us travels in a header, and its length is all that keeps it from being guessed. */
function checkInbound(path: Path, secret: Secret): Finding[] {
  const tooShort = checkLength(path, secret)
  if (tooShort.length > 0 || /^[\x21-\x7e]+$/.test(secret.reveal())) return tooShort
  return [
    {
      path,
      message: 'holds characters that no header can carry',
      mend: 'Use visible ASCII characters only.',
    },
  ]
}

function checkLength(path: Path, secret: Secret, min = minSecretLength): Finding[] {
  if (secret.reveal().length >= min) return []
  const mend = `Use at least ${min} random characters, for instance from \`openssl rand -hex 24\`.`
  return [{ path, message: `shorter than ${min} characters`, mend }]
}

/** Of an address that is itself the secret. */
function checkUrl(path: Path, secret: Secret, allowPrivateNetwork: boolean): Finding[] {
  const url = URL.parse(secret.reveal())
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && allowPrivateNetwork)) return []
  if (url?.protocol === 'http:') {
    const mend = 'Use `https://`, or set `allowPrivateNetwork` beside it for a server of your own.'
    return [{ path, message: 'an address without encryption', mend }]
  }
  return [{ path, message: 'not a URL', mend: 'Let its source hold the whole URL: `https://...`.' }]
}

/** A caller is known by its secret alone: of two owners of one secret, the second would never be seen. */
function checkReuse(inbound: readonly (readonly [Path, Secret])[]): Finding[] {
  const seen = new Set<string>()
  return inbound.flatMap(([path, secret]) => {
    if (seen.has(secret.reveal())) {
      return [{ path, message: 'the same secret as another key or token', mend: 'Give each its own secret.' }]
    }
    seen.add(secret.reveal())
    return []
  })
}

function checkOutboundHeaders(path: Path, headers: Readonly<Record<string, Secret>> | undefined): Finding[] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) => checkOutbound([...path, name], value))
}

function checkOutbound(path: Path, secret: Secret | undefined): Finding[] {
  if (secret === undefined || /^[\t\x20-\x7e]*$/.test(secret.reveal())) return []
  return [
    {
      path,
      message: 'holds characters that no header can carry',
      mend: 'Look for line breaks in its source.',
    },
  ]
}

function checkStore(store: 'sqlite' | Secret): Finding[] {
  if (store === 'sqlite' || isPostgresUrl(store.reveal())) return []
  return [{ path: ['store'], message: 'not the URL of a PostgreSQL database', mend: storeMend }]
}

function checkShared(shared: SecretHolders['shared']): Finding[] {
  if (shared === 'memory' || isRedisUrl(shared.reveal())) return []
  return [{ path: ['shared'], message: 'not the URL of a Redis', mend: sharedMend }]
}

function checkQueue(queue: SecretHolders['queue']): Finding[] {
  if (queue === 'store' || isQueueUrl(queue.reveal())) return []
  return [{ path: ['queue'], message: 'not the URL of a Redis or a RabbitMQ', mend: queueMend }]
}

function checkKeyPair(tls: SecretHolders['server']['tls']): Finding[] {
  if (tls === undefined) return []
  try {
    createSecureContext({ cert: tls.cert.reveal(), key: tls.key.reveal() })
    return []
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    const mend = 'Name a certificate chain and its own private key, both in PEM.'
    return [{ path: ['server', 'tls'], message: `not a usable certificate and key${reason}`, mend }]
  }
}
