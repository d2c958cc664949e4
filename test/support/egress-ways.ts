/** Every way out of the gateway as its composition builds it: what is dialled is the address that is given. */

import { generateKeyPairSync } from 'node:crypto'
import { createGuardedFetch } from '../../src/compose/oidc.ts'
import { OidcProvider } from '../../src/access/oidc.ts'
import type { Ticket, TicketStore } from '../../src/access/port.ts'
import { Sessions } from '../../src/access/sessions.ts'
import type { Alert } from '../../src/alerts/alert.ts'
import { createChannels } from '../../src/compose/alert-channels.ts'
import { createGradingHook } from '../../src/compose/grading-hook.ts'
import { createJwtJudges } from '../../src/compose/jwt.ts'
import { openKeyWraps } from '../../src/compose/key-wraps.ts'
import {
  awsParts,
  azureParts,
  googleParts,
  openVault,
  type SecretSettings,
} from '../../src/compose/secret-services.ts'
import type { Config } from '../../src/config/load.ts'
import { systemClock } from '../../src/core/clock.ts'
import { Secret } from '../../src/core/secret.ts'
import { defaultTimeouts, type Provider, type Target } from '../../src/providers/provider.ts'
import { createParameterSource, createSecretsManagerSource } from '../../src/secrets/aws.ts'
import { createAzureSource } from '../../src/secrets/azure.ts'
import { createGoogleSource } from '../../src/secrets/google.ts'
import { createAccessTokens } from '../../src/upstream/access-tokens.ts'
import type { EgressPolicy } from '../../src/upstream/egress.ts'
import { createExchanger } from '../../src/upstream/exchange.ts'
import { createPoster } from '../../src/upstream/post.ts'
import { createSender } from '../../src/upstream/send.ts'

/** Rejects where the address was not reached, or does not answer. `allowPrivateNetwork` is what the settings say. */
export type Way = (url: string, allowPrivateNetwork: boolean) => Promise<unknown>

const clock = systemClock
const secret = new Secret('a-secret-of-thirty-two-characters-or-more')
const portOf = (url: string) => Number(URL.parse(url)?.port ?? 0)
const policyOf = (url: string, allowPrivateNetwork: boolean) => ({
  allowPrivateNetwork,
  allowedPorts: [portOf(url)],
})

function parsed(url: string): URL {
  return new URL(url)
}

/** Uses what is opened, and closes it. */
async function using<Part extends { close(): Promise<void> }>(
  part: Part | undefined,
  use: (part: Part) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await use(part!)
  } finally {
    await part!.close()
  }
}

const awsWith = (allowPrivateNetwork: boolean) =>
  ({
    region: 'us-east-1',
    accessKeyId: new Secret('AKIDEXAMPLE'),
    secretAccessKey: secret,
    allowPrivateNetwork,
  }) as NonNullable<SecretSettings['aws']>
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})
const googleAt = (tokenUrl: string, allowPrivateNetwork: boolean) =>
  ({
    credentials: new Secret(
      JSON.stringify({
        client_email: 'a@b',
        private_key: rsaKey,
        token_uri: tokenUrl,
        type: 'service_account',
      }),
    ),
    allowPrivateNetwork,
  }) as NonNullable<SecretSettings['google']>
const azureAt = (authority: string, allowPrivateNetwork: boolean) =>
  ({
    tenantId: 'tenant',
    clientId: 'client',
    clientSecret: secret,
    authority,
    allowPrivateNetwork,
  }) as NonNullable<SecretSettings['azure']>
const token = async () => ({ token: secret, expiresAtMs: clock.nowMs() + 3_600_000 })

function wrapWith(settings: object, stored: object): Promise<unknown> {
  const all = {
    ttlSeconds: 300,
    ...settings,
    stored: { previousKeys: [], previousServiceKeys: [], ...stored },
  }
  return using(openKeyWraps(all as unknown as SecretSettings, clock), ({ wraps }) =>
    wraps[0].wrap(['org', 'table', 'column', 1], new Uint8Array(32)),
  )
}

function sendTo(url: string, allowPrivateNetwork: boolean): Promise<unknown> {
  const provider = {
    name: 'p',
    baseUrl: parsed(url),
    allowPrivateNetwork,
    timeouts: defaultTimeouts,
    headers: {},
    credentials: [{ alias: 'a', weight: 1, headers: {} }],
  } as unknown as Provider
  const target = { provider, credential: provider.credentials[0]!, timeouts: defaultTimeouts } as Target
  const sender = createSender(clock)
  return using(sender, () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    sender.send(
      { target, path: '/x', body: '{}', stream: false },
      { onHeaders: () => resolve(), onData: () => {}, onEnd: () => resolve(), onFault: reject },
    )
    return promise
  })
}

const alert: Alert = {
  org: 'default',
  id: 'a1',
  kind: 'disk',
  subject: 's',
  severity: 'info',
  status: 'open',
  summary: 's',
  detail: {},
  count: 1,
  firstAtMs: 0,
  lastAtMs: 0,
}

function tell(channels: Partial<Config['alerts']>): Promise<unknown> {
  const all = { webhooks: [], slack: [], email: [], ...channels } as unknown as Config['alerts']
  return using(createChannels(all, clock)[0], (channel) =>
    channel.send({ occasion: 'test', alert }, 'd1', AbortSignal.timeout(5_000)),
  )
}

// -- OpenID

function memoryTickets(): TicketStore {
  const kept = new Map<string, Ticket>()
  const find = (_kind: string, digest: string) => Promise.resolve(kept.get(digest))
  return {
    put: async (ticket: Ticket) => void kept.set(ticket.digest, ticket),
    find,
    take: find,
    prune: async () => {},
  } as unknown as TicketStore
}

const issuer = 'https://id.example'
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

type Answers = (url: string) => object | undefined

/** A provider of whom some addresses are answered here, and all others are dialled. */
function openIdOf(at: string, answers: Answers, policy: EgressPolicy) {
  const exchanger = createExchanger(policy)
  const guarded = createGuardedFetch(exchanger)
  const sessions = new Sessions(memoryTickets(), clock)
  const provider = new OidcProvider({
    settings: {
      issuer: at,
      clientId: 'weir',
      clientSecret: secret,
      scopes: ['openid'],
      groupsClaim: 'groups',
      roles: [],
      allowHttp: true,
    },
    redirectUri: () => 'https://weir.example/admin/v1/session/oidc/callback',
    fetch: async (url, options) => {
      const answer = answers(url)
      if (!answer) return guarded(url, options)
      return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } })
    },
    sessions,
    clock,
  })
  return { provider, close: () => exchanger.close() }
}

function documentWith(endpoints: object): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    ...endpoints,
  }
}

async function comeBack(endpoints: object, isTokenGiven: boolean, policy: EgressPolicy): Promise<unknown> {
  let nonce = ''
  const answers: Answers = (asked) => {
    if (asked.includes('/.well-known/')) return documentWith(endpoints)
    if (!isTokenGiven || asked !== `${issuer}/token`) return undefined
    const nowSeconds = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, aud: 'weir', sub: 's', nonce, iat: nowSeconds, exp: nowSeconds + 300 }
    const idToken = `${part({ alg: 'RS256' })}.${part(claims)}.${part({ a: 1 })}`
    return { access_token: 'at', token_type: 'Bearer', id_token: idToken }
  }
  return using(openIdOf(issuer, answers, policy), async ({ provider }) => {
    const { location, token: kept } = await provider.start()
    const asked = new URL(location).searchParams
    nonce = asked.get('nonce')!
    return provider.finish(new URLSearchParams({ code: 'c', state: asked.get('state')! }), kept)
  })
}

// -- all of them

export const ways: Readonly<Record<string, Way>> = {
  'a provider': sendTo,
  "a provider's access tokens": async (url, allowPrivateNetwork) =>
    createAccessTokens(clock).headers(
      { name: 'p', allowPrivateNetwork, timeouts: defaultTimeouts } as unknown as Provider,
      { request: () => ({ url, form: '' }), read: () => ({ token: secret, expiresAtMs: 0 }) },
    ),
  'a vault': (url, allowPrivateNetwork) =>
    using(
      openVault(
        { vault: { address: url, token: secret, allowPrivateNetwork } } as unknown as SecretSettings,
        clock,
      ),
      (vault) => vault.read('kv/data/a#b'),
    ),
  "a vault's transit": (url, allowPrivateNetwork) =>
    wrapWith(
      { vault: { address: url, token: secret, allowPrivateNetwork } },
      { transit: { key: 'k', mount: 'transit' } },
    ),
  'AWS Secrets Manager': (url, allowPrivateNetwork) =>
    using(createSecretsManagerSource(awsParts(awsWith(allowPrivateNetwork), clock, url)), (source) =>
      source.read('a'),
    ),
  'AWS Parameter Store': (url, allowPrivateNetwork) =>
    using(createParameterSource(awsParts(awsWith(allowPrivateNetwork), clock, url)), (source) =>
      source.read('/a'),
    ),
  'AWS KMS': (url, allowPrivateNetwork) =>
    wrapWith({ aws: awsWith(allowPrivateNetwork) }, { awsKms: { key: 'alias/k', endpoint: url } }),
  'Google Secret Manager': (url, allowPrivateNetwork) =>
    using(
      createGoogleSource({
        ...googleParts(googleAt(`${issuer}/token`, allowPrivateNetwork), clock, url),
        fetchToken: token,
      }),
      (source) => source.read('projects/p/secrets/s'),
    ),
  "Google's token address": (url, allowPrivateNetwork) =>
    using(createGoogleSource(googleParts(googleAt(url, allowPrivateNetwork), clock, undefined)), (source) =>
      source.read('projects/p/secrets/s'),
    ),
  "the token address of Google's keys": (url, allowPrivateNetwork) =>
    wrapWith(
      { google: googleAt(url, allowPrivateNetwork) },
      { googleKms: { key: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' } },
    ),
  'Azure Key Vault': (url, allowPrivateNetwork) =>
    using(
      createAzureSource({
        ...azureParts(azureAt(issuer, allowPrivateNetwork), clock, url),
        fetchToken: token,
      }),
      (source) => source.read('vault/name'),
    ),
  "Azure's authority": (url, allowPrivateNetwork) =>
    using(createAzureSource(azureParts(azureAt(url, allowPrivateNetwork), clock, undefined)), (source) =>
      source.read('vault/name'),
    ),
  "the authority of Azure's keys": (url, allowPrivateNetwork) =>
    wrapWith({ azure: azureAt(url, allowPrivateNetwork) }, { azureKey: { vault: 'v', key: 'k' } }),
  'OpenID discovery': (url, allowPrivateNetwork) =>
    using(
      openIdOf(url, () => undefined, policyOf(url, allowPrivateNetwork)),
      ({ provider }) => provider.start(),
    ),
  "an OpenID provider's token address": (url, allowPrivateNetwork) =>
    comeBack({ token_endpoint: url }, false, policyOf(url, allowPrivateNetwork)),
  "an OpenID provider's user info": (url, allowPrivateNetwork) =>
    comeBack({ userinfo_endpoint: url }, true, policyOf(url, allowPrivateNetwork)),
  "an issuer's key set": async (url, allowPrivateNetwork) => {
    const judges = createJwtJudges({ teams: new Map(), users: new Map() } as never, clock)
    const settings = {
      issuer,
      audience: 'weir',
      algorithms: ['RS256'],
      jwksUrl: url,
      allowPrivateNetwork,
      claims: { user: 'sub' },
    }
    const judge = await judges.of({ a: settings } as never)
    const nowSeconds = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, aud: 'weir', sub: 's', iat: nowSeconds, exp: nowSeconds + 300 }
    return using(judges, () =>
      judge!(`${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}.${part({ a: 1 })}`),
    )
  },
  'a webhook of alerts': (url, allowPrivateNetwork) =>
    tell({ webhooks: [{ url, secret, allowPrivateNetwork }] } as never),
  'an incoming webhook of Slack': (url, allowPrivateNetwork) =>
    tell({ slack: [{ url: new Secret(url), allowPrivateNetwork }] } as never),
  'a mail relay of alerts'(url, allowPrivateNetwork) {
    const host = URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, '$1') || url
    const mail = { host, port: portOf(url) || 25, tls: 'none', from: 'a@b.example', to: ['c@d.example'] }
    return tell({ email: [{ ...mail, allowPrivateNetwork }] } as never)
  },
  "a suite's own service": async (url, allowPrivateNetwork) => {
    const answer = await createGradingHook(() => allowPrivateNetwork)(url, {})
    if (typeof answer === 'object' && answer !== null && 'error' in answer)
      throw new Error(String(answer.error))
  },
  'a webhook of guardrails': (url, allowPrivateNetwork) =>
    using(createExchanger(policyOf(url, allowPrivateNetwork)), ({ exchange }) =>
      exchange({ method: 'POST', url, headers: {}, body: '{}' }),
    ),
  'a webhook of batches, or a collector of traces': (url, allowPrivateNetwork) =>
    using(createPoster(policyOf(url, allowPrivateNetwork)), (poster) =>
      poster.post({ url, headers: {}, body: new Uint8Array(), signal: AbortSignal.timeout(5_000) }),
    ),
}
