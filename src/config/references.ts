/** Checks that the parts of a well-formed configuration fit together. */

import type { Finding, Path } from './fault.ts'
import { keyServices } from './secret-settings.ts'
import { checkGuardrails } from './guardrail-references.ts'
import { nearest } from './nearest.ts'
import {
  type KnownProviders,
  type ProviderChoice,
  type ProviderType,
  signingSettings,
  typeOf,
} from './providers.ts'
import { checkRoutes } from './route-references.ts'
import { checkShadow } from './shadow-references.ts'
import type { Settings } from './schema.ts'
import type { SecretRef } from './secret-ref.ts'

/** Faults that no single setting shows: names that lead nowhere, names given twice, settings that exclude each other. */
export function checkReferences(
  settings: Settings,
  providers: Readonly<Record<string, ProviderChoice>>,
  known: KnownProviders,
): Finding[] {
  return [
    ...checkListeners(settings),
    ...Object.entries(providers).flatMap(([name, provider]) => checkProvider(name, provider, known)),
    ...checkRoutes(settings, providers),
    ...checkShadow(settings, providers),
    ...checkCache(settings),
    ...checkKeyNames(settings),
    ...checkHeaders(['telemetry', 'otlp', 'headers'], settings.telemetry.otlp?.headers),
    ...checkTelemetry(settings),
    ...checkAlerts(settings),
    ...checkBatches(settings),
    ...checkBudgets(settings),
    ...checkServices(settings),
    ...checkIdentities(settings),
    ...checkGuardrails(settings),
    ...checkGuardrailServices(settings),
  ]
}

function checkListeners({ server }: Settings): Finding[] {
  if (server.admin === undefined || server.admin.port !== server.port || server.port === 0) return []
  return [
    {
      path: ['server', 'admin', 'port'],
      message: 'the same port as `server.port`',
      mend: 'Choose another port.',
    },
  ]
}

function checkProvider(name: string, provider: ProviderChoice, known: KnownProviders): Finding[] {
  const path = ['providers', name]
  const row = typeOf(known, provider.type)
  if (row === undefined) {
    const types = Object.keys(known.types)
    return [
      {
        path: provider.type === name ? path : [...path, 'type'],
        message: 'not a known type of provider',
        mend: `Set \`type\` to one of ${list(types)}. The nearest is \`${nearest(provider.type, types)}\`.`,
      },
    ]
  }
  const findings = [
    ...checkHeaders([...path, 'headers'], provider.headers),
    ...checkSigning(path, provider, row),
    ...checkKeys(path, provider),
  ]
  const isBuiltIn = provider.type === known.builtIn
  if (row.baseUrl === undefined && provider.baseUrl === undefined && !isBuiltIn) {
    findings.push({ path, message: 'no address', mend: 'Add `baseUrl: https://host/v1`.' })
  }
  if (provider.baseUrl !== undefined) {
    findings.push(...checkScheme([...path, 'baseUrl'], provider.baseUrl, provider.allowPrivateNetwork))
  } else if (!(provider.apiKey ?? provider.apiKeys ?? provider.accessKeyId) && row.env.length > 0) {
    const mend = `Set ${row.env[0]}, or add \`apiKey: env:NAME\` or \`apiKey: file:/path\`.`
    findings.push({ path, message: 'no key', mend })
  }
  return findings
}

/** Several keys stand in place of the one, and each has its own name. */
function checkKeys(path: Path, { apiKey, apiKeys = [], accessKeyId }: ProviderChoice): Finding[] {
  if (apiKeys.length === 0) return []
  const findings: Finding[] = []
  if (apiKey !== undefined || accessKeyId !== undefined) {
    const other = apiKey === undefined ? 'accessKeyId' : 'apiKey'
    const message = `\`apiKeys\` beside \`${other}\``
    findings.push({ path: [...path, 'apiKeys'], message, mend: `Move it into the list, or remove it.` })
  }
  const aliases = apiKeys.map(({ alias }, index) => alias ?? `key-${index + 1}`)
  aliases.forEach((alias, index) => {
    if (aliases.indexOf(alias) === index) return
    const message = `the alias of apiKeys[${aliases.indexOf(alias)}]`
    findings.push({ path: [...path, 'apiKeys', index], message, mend: 'Give each key its own alias.' })
  })
  return findings
}

/** The settings by which requests are signed: all that are needed, none where no request is signed. */
function checkSigning(path: Path, provider: ProviderChoice, { signingEnv }: ProviderType): Finding[] {
  if (signingEnv === undefined) {
    return signingSettings
      .filter((setting) => provider[setting] !== undefined)
      .map((setting) => ({
        path: [...path, setting],
        message: 'not a setting of this type of provider',
        mend: 'Remove it, or correct `type`.',
      }))
  }
  const { accessKeyId, secretAccessKey, region, baseUrl } = provider
  const findings: Finding[] = []
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey'
    findings.push({ path, message: 'half of an access key', mend: `Add \`${missing}: env:NAME\`.` })
  }
  // A signature names the region, and so does the usual address.
  if (region === undefined && (baseUrl === undefined || accessKeyId !== undefined)) {
    const mend = `Set ${signingEnv.region[0]}, or add \`region: us-east-1\`.`
    findings.push({ path, message: 'no region', mend })
  }
  return findings
}

/** Without TLS the credential and every prompt can be read on the way: only a private network may be meant. */
function checkScheme(path: Path, url: string, allowPrivateNetwork: boolean): Finding[] {
  if (allowPrivateNetwork || new URL(url).protocol === 'https:') return []
  const mend = 'Use `https://`, or set `allowPrivateNetwork: true` beside it for a server of your own.'
  return [{ path, message: 'an address without encryption', mend }]
}

function checkTelemetry({ telemetry: { otlp } }: Settings): Finding[] {
  return otlp ? checkScheme(['telemetry', 'otlp', 'endpoint'], otlp.endpoint, otlp.allowPrivateNetwork) : []
}

function checkGuardrailServices({ guardrails }: Settings): Finding[] {
  return Object.entries(guardrails.rules).flatMap(([name, { webhook }]) =>
    webhook
      ? checkScheme(['guardrails', 'rules', name, 'webhook', 'url'], webhook.url, webhook.allowPrivateNetwork)
      : [],
  )
}

/** Whoever could change keys or answers on the way could be anybody here. */
function checkIdentities({ access: { jwt }, admin: { oidc } }: Settings): Finding[] {
  const issuers = Object.entries(jwt).flatMap(([name, { jwksUrl, allowPrivateNetwork }]) =>
    checkScheme(['access', 'jwt', name, 'jwksUrl'], jwksUrl, allowPrivateNetwork),
  )
  const entries = Object.entries(jwt)
  entries.forEach(([name, { issuer }], index) => {
    const first = entries.findIndex(([, other]) => other.issuer === issuer)
    if (first === index) return
    const message = `the issuer of \`access.jwt.${entries[first]![0]}\``
    const mend = 'Write one entry with all of its audiences: a token is judged by one.'
    issuers.push({ path: ['access', 'jwt', name, 'issuer'], message, mend })
  })
  if (!oidc) return issuers
  return [...issuers, ...checkScheme(['admin', 'oidc', 'issuer'], oidc.issuer, oidc.allowPrivateNetwork)]
}

/** What signs in and what comes back would be readable on the way. */
function checkServices({ secrets: { vault, aws, google, azure, stored } }: Settings): Finding[] {
  const addresses: readonly (readonly [Path, string | undefined, boolean | undefined])[] = [
    [['secrets', 'vault', 'address'], vault?.address, vault?.allowPrivateNetwork],
    [['secrets', 'aws', 'endpoint'], aws?.endpoint, aws?.allowPrivateNetwork],
    [['secrets', 'google', 'endpoint'], google?.endpoint, google?.allowPrivateNetwork],
    [['secrets', 'azure', 'endpoint'], azure?.endpoint, azure?.allowPrivateNetwork],
    [['secrets', 'azure', 'authority'], azure?.authority, azure?.allowPrivateNetwork],
  ]
  const findings = addresses.flatMap(([path, address, isPrivate]) =>
    address === undefined ? [] : checkScheme(path, address, isPrivate === true),
  )
  if (!stored) return findings
  const sections = { vault, aws, google, azure }
  const checkKeys = (path: Path, keys: ServiceKeys) => {
    for (const name of Object.keys(keyServices) as (keyof typeof keyServices)[]) {
      const section = sections[keyServices[name]]
      const used = keys[name]
      if (used === undefined) continue
      if (section === undefined) {
        const mend = `Add \`secrets.${keyServices[name]}\`, which says where it is and how to sign in.`
        findings.push({ path: [...path, name], message: 'no way to this key', mend })
      } else if ('endpoint' in used && used.endpoint !== undefined) {
        findings.push(...checkScheme([...path, name, 'endpoint'], used.endpoint, section.allowPrivateNetwork))
      }
    }
  }
  checkKeys(['secrets', 'stored'], stored)
  stored.previousServiceKeys.forEach((keys, index) =>
    checkKeys(['secrets', 'stored', 'previousServiceKeys', index], keys),
  )
  return findings
}

type ServiceKeys = Pick<NonNullable<Settings['secrets']['stored']>, keyof typeof keyServices>

function checkBatches({ batches }: Settings): Finding[] {
  return Object.entries(batches.webhooks).flatMap(([name, { url, allowPrivateNetwork }]) =>
    checkScheme(['batches', 'webhooks', name, 'url'], url, allowPrivateNetwork),
  )
}

/** Channels go by their names: deliveries wait for them over restarts. */
function checkAlerts({ alerts }: Settings): Finding[] {
  const findings = alerts.webhooks.flatMap(({ url, allowPrivateNetwork }, index) =>
    checkScheme(['alerts', 'webhooks', index, 'url'], url, allowPrivateNetwork),
  )
  alerts.email.forEach(({ tls, allowPrivateNetwork }, index) => {
    if (tls !== 'none' || allowPrivateNetwork) return
    const mend = 'Use `starttls` or `implicit`, or set `allowPrivateNetwork: true` for a relay of your own.'
    findings.push({ path: ['alerts', 'email', index, 'tls'], message: 'mail without encryption', mend })
  })
  const seen = new Set<string>()
  for (const [kind, prefix] of [
    ['webhooks', 'webhook'],
    ['slack', 'slack'],
    ['email', 'email'],
  ] as const) {
    for (const [index, channel] of alerts[kind].entries()) {
      const name = channel.name ?? `${prefix}-${index + 1}`
      const mend = 'Give each channel its own name.'
      if (seen.has(name))
        findings.push({ path: ['alerts', kind, index, 'name'], message: 'a name given twice', mend })
      seen.add(name)
    }
  }
  return findings
}

/** Each has a counter of its own, named by what it counts: the cap is not part of it. */
function checkBudgets({ budgets, keys, routes }: Settings): Finding[] {
  const findings: Finding[] = []
  const check = (list: readonly Settings['budgets'][number][], path: Path): void => {
    const seen = new Set<string>()
    list.forEach(({ scope, subject, period, window, cap, fallback }, index) => {
      const at = [...path, index]
      const name = JSON.stringify([scope, subject, period, window, cap])
      const find = (member: string, message: string, mend: string) =>
        findings.push({ path: [...at, member], message, mend })
      if (seen.has(name)) find('usd', 'a second cap for the same money', 'Keep the lower one.')
      seen.add(name)
      if (scope === 'tag' && subject?.includes('*'))
        find('subject', 'a pattern of tags', 'Name one tag, or leave `subject` out: each has its own then.')
      if (fallback === undefined) return
      if (cap === 'hard') find('fallback', 'a hard budget refuses', 'Only a `soft` one has a `fallback`.')
      if (!Object.hasOwn(routes, fallback))
        find('fallback', `no route is called \`${fallback}\``, 'Name one of `routes`.')
    })
  }
  check(budgets, ['budgets'])
  keys.forEach(({ budgets: own = [] }, index) =>
    check(
      own.map((budget) => ({ ...budget, scope: 'key' as const })),
      ['keys', index, 'budgets'],
    ),
  )
  return findings
}

const credentialHeader = /authorization|cookie|token|secret|password|key/i

function checkHeaders(path: Path, headers: Readonly<Record<string, SecretRef>> | undefined): Finding[] {
  return Object.entries(headers ?? {})
    .filter(([name, value]) => credentialHeader.test(name) && value.source.kind === 'open')
    .map(([name]) => ({
      path: [...path, name],
      message: 'a credential is written out in the file',
      mend: 'Write `env:NAME` or `file:/path` in its place.',
    }))
}

function checkKeyNames({ keys }: Settings): Finding[] {
  return keys.flatMap(({ name }, index) => {
    const first = keys.findIndex((key) => key.name === name)
    if (first === index) return []
    return [
      {
        path: ['keys', index, 'name'],
        message: `the name of keys[${first}]`,
        mend: 'Give each key its own name.',
      },
    ]
  })
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

/** The semantic cache serves answers that the exact one keeps. */
function checkCache({ cache, routes, store }: Settings): Finding[] {
  const findings: Finding[] = []
  if (cache.vectors === 'pgvector' && store === 'sqlite') {
    const mend = 'Name a PostgreSQL with the extension pgvector as `store`, or leave `vectors` out.'
    findings.push({ path: ['cache', 'vectors'], message: '`store` is no PostgreSQL', mend })
  }
  const check = (path: Path, exact: unknown, semantic: unknown): void => {
    if (semantic === undefined || semantic === 'off' || (exact !== undefined && exact !== 'off')) return
    const mend = 'Add `exact: {}` beside it: its answers are the ones that are served.'
    findings.push({ path, message: 'a semantic cache without an exact one', mend })
  }
  check(['cache', 'semantic'], cache.exact, cache.semantic)
  for (const [name, route] of Object.entries(routes)) {
    if (route.cache === undefined || route.cache === 'off') continue
    const { exact = cache.exact, semantic = cache.semantic } = route.cache
    check(['routes', name, 'cache'], exact, semantic)
  }
  return findings
}
