/** The shape of `weir.yaml`: what may stand in it, the defaults, and what each setting means. */

import { z } from 'zod'
import type { DialectId } from '../core/event.ts'
import { Secret } from '../core/secret.ts'
import { alertSettings } from './alert-settings.ts'
import { batchSettings, fileSettings } from './batch-settings.ts'
import { budgetSettings, ledgerSettings } from './budget-settings.ts'
import { jwtSettings, oidcSettings } from './identity-settings.ts'
import { addressRange, accessSettings, keyRules } from './key-settings.ts'
import { limitSettings } from './limit-settings.ts'
import { driftSettings } from './drift-settings.ts'
import { evalSettings } from './eval-settings.ts'
import { cacheSettings } from './cache-settings.ts'
import { guardrailSettings } from './guardrail-settings.ts'
import { modelSettings } from './model-settings.ts'
import { payloadSettings } from './payload-settings.ts'
import { queueSetting, sharedSetting } from './place-setting.ts'
import { routeSettings, timeoutSettings, weightSetting } from './route-settings.ts'
import { rolloutSettings } from './rollout-settings.ts'
import { looksLikeReference, parseSecretRef, SecretRef } from './secret-ref.ts'
import { secretSettings } from './secret-settings.ts'
import { shadowSettings } from './shadow-settings.ts'
import { storeSetting } from './store-setting.ts'
import { structuredSettings } from './structured-settings.ts'

const port = z.number().int().min(0).max(65535)
const milliseconds = z.number().int().min(1).max(86_400_000)
const bytes = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const text = z.string().min(1)

/** A setting that wants a secret: parsed to a `SecretRef`, resolved after the file has been checked. */
function secret(meaning: string) {
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

/** A check whose failure carries its own mend. `mend` must not repeat the value: it could be a secret. */
function checked<T extends z.ZodType>(
  schema: T,
  isValid: (value: z.output<T>) => boolean,
  message: string,
  mend: string,
) {
  return schema.refine(isValid, { error: message, params: { mend } })
}

const nameMend = 'Use letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 64.'

/** Names stand in `provider/model`, in headers, metrics and paths of the admin API. */
const name = checked(
  z.string(),
  (value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
  'not a valid name',
  nameMend,
)

const outboundUrl = checked(
  z.string(),
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

const allowPrivateNetwork = z
  .boolean()
  .default(false)
  .describe('Allow loopback and private addresses, and `http://`, for this outbound address.')

/** Most headers are no secrets and stand in the file as they are; `checks.ts` refuses that for credentials. */
function readHeaderValue(value: string, context: z.RefinementCtx): SecretRef {
  if (!looksLikeReference(value)) return new SecretRef({ kind: 'open', secret: new Secret(value) })
  return readSecretRef(value, context)
}

const headers = z
  .record(
    checked(
      z.string(),
      (value) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value),
      'not a header name',
      'Use letters, digits and `-`.',
    ),
    z.string().transform(readHeaderValue),
  )
  .describe('Headers sent with every request. A value may be `env:NAME` or `file:/path`.')

const server = z.strictObject({
  host: text.default('127.0.0.1').describe('Address to listen on; `0.0.0.0` or `::` for all.'),
  port: port.default(4000).describe('Port to listen on; 0 takes a free one.'),
  tls: z
    .strictObject({
      cert: secret('Certificate chain in PEM.'),
      key: secret('Private key in PEM.'),
    })
    .exactOptional()
    .describe('Serve HTTPS. Renewed files are taken up without a restart.'),
  trustedProxies: z
    .array(addressRange)
    .default([])
    .describe('Addresses and ranges of proxies whose `x-forwarded-*` headers are believed.'),
  admin: z
    .strictObject({ port: port.describe('Port of a listener of its own for the admin API and dashboard.') })
    .exactOptional()
    .describe('Separates administration from the data path.'),
  limits: z
    .strictObject({
      maxBodyBytes: bytes.default(33_554_432).describe('Largest request body; larger ones answer 413.'),
      maxJsonDepth: z.number().int().min(1).max(1000).default(64).describe('Deepest nesting of a JSON body.'),
      maxHeaderBytes: bytes.max(1_048_576).default(16_384).describe('Largest block of request headers.'),
      headersTimeoutMs: milliseconds.default(15_000).describe('Time a caller has to send its headers.'),
      bodyTimeoutMs: milliseconds
        .default(60_000)
        .describe('Time a caller has to send its whole request; one second is added per 100 KB.'),
      keepAliveMs: milliseconds
        .default(75_000)
        .describe("How long an idle connection is kept; must exceed the load balancer's idle time."),
    })
    .prefault({})
    .describe('Bounds on what a caller may send.'),
  overload: z
    .strictObject({
      loopLagMs: milliseconds
        .default(200)
        .describe('Delay of the event loop beyond which batch work and probes are refused.'),
      shedAtMemory: z
        .number()
        .gt(0)
        .max(1)
        .default(0.85)
        .describe('Share of the memory limit from which batch work and probes are refused.'),
      refuseAtMemory: z
        .number()
        .gt(0)
        .max(1)
        .default(0.95)
        .describe('Share of the memory limit from which all new requests are refused.'),
    })
    .prefault({})
    .describe('When the gateway itself has too much to do.'),
  heartbeatMs: milliseconds
    .default(15_000)
    .describe(
      'How long a stream of server-sent events may be quiet before a comment is sent on it. Before the first word, ' +
        'that sends status 200, without the headers that name the target.',
    ),
  drain: z
    .strictObject({
      graceMs: z
        .number()
        .int()
        .min(0)
        .max(86_400_000)
        .default(5_000)
        .describe('After SIGTERM, how long requests are still accepted while readiness is off.'),
      timeoutMs: milliseconds
        .default(300_000)
        .describe('How long open requests may go on before they are ended with an error.'),
    })
    .prefault({})
    .describe('Graceful shutdown.'),
})

const dialects = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
  'ollama-chat',
  'openai-completions',
] as const satisfies readonly DialectId[]

const provider = z.strictObject({
  type: text.exactOptional().describe("A known provider's type; without it, the name is the type."),
  apiKey: secret("The provider's key; without it, the type's usual environment variable.").exactOptional(),
  apiKeys: z
    .array(
      z.strictObject({
        key: secret("One of the provider's keys."),
        alias: name
          .exactOptional()
          .describe('What records and metrics call it. Unset: `key-1`, `key-2`, ...'),
        weight: weightSetting.default(1).describe('Its share of the requests.'),
        models: z
          .array(text)
          .min(1)
          .exactOptional()
          .describe('The models that it is for; `*` stands for any text. Absent: all.'),
      }),
    )
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Several keys in place of `apiKey`: each has its own share, and its own health.'),
  region: checked(
    z.string(),
    (value) => /^[a-z0-9-]{1,40}$/.test(value),
    'not a region',
    'Write its name, such as `us-east-1`.',
  )
    .exactOptional()
    .describe("The provider's region; without it, `AWS_REGION`. Only for types that have regions."),
  accessKeyId: secret(
    'Access key that signs requests, in place of a key; without it, `AWS_ACCESS_KEY_ID`.',
  ).exactOptional(),
  secretAccessKey: secret('The secret of the access key.').exactOptional(),
  sessionToken: secret('The session token, where the access key is a temporary one.').exactOptional(),
  baseUrl: outboundUrl
    .exactOptional()
    .describe('Where its API lives, version path included; types that are not one service need it.'),
  dialect: z
    .enum(dialects)
    .exactOptional()
    .describe('The dialect it speaks, where it differs from what its type says.'),
  structured: z
    .enum(['native', 'tool', 'json', 'instructions'])
    .exactOptional()
    .describe('How it is asked to answer by a schema, at best; without it, as its type is known to take it.'),
  headers: headers.exactOptional(),
  allowPrivateNetwork,
  timeout: timeoutSettings.exactOptional().describe('Limits on one attempt.'),
  models: z
    .array(text)
    .default([])
    .describe('Bare model names it serves, so that a caller may leave out `provider/`.'),
  concurrency: z
    .strictObject({
      max: z.number().int().min(1).max(100_000).exactOptional().describe('Calls at once. Unset: 1,024.'),
      queue: z
        .number()
        .int()
        .min(0)
        .max(100_000)
        .exactOptional()
        .describe('Calls that wait for a place. Unset: 256.'),
      maxWaitMs: milliseconds.exactOptional().describe('How long one waits at most. Unset: 1,000.'),
    })
    .exactOptional()
    .describe('Bounds the load on it; what goes beyond is answered 503.'),
})

const key = z.strictObject({
  name: name.describe('How the key is called in records and reports.'),
  secret: secret('What callers send: any 16 or more visible ASCII characters.'),
  ...keyRules,
})

/** Also read by itself: commands find a running gateway by it. */
export const dataSetting = text
  .default('./data')
  .describe('Folder of everything the gateway keeps; a relative one is beside this file.')

/** One section per part of the product; a part that comes later adds its own. */
export const configSchema = z
  .strictObject({
    server: server.prefault({}).describe('How the gateway listens.'),
    data: dataSetting,
    store: storeSetting
      .default('sqlite')
      .describe(
        'The database: `sqlite` (in the data folder), or the URL of a PostgreSQL database of its own ' +
          '(`postgres://user@host/name?sslmode=verify-full`). Where the URL holds a password: `env:NAME` or `file:/path`.',
      ),
    shared: sharedSetting
      .default('memory')
      .describe(
        'What several instances share: `memory` (nothing), or the URL of a Redis (`redis://host:6379`), which then ' +
          'holds the cache, counts limits for all of them together, and tells them of changed keys at once. Where the URL ' +
          'holds a password: `env:NAME` or `file:/path`.',
      ),
    queue: queueSetting
      .default('store')
      .describe(
        'What tells instances which lines of batches are next: `store` (the rows themselves), or the URL of a Redis ' +
          '(`redis://host:6379`) or of a RabbitMQ (`amqp://user@host/vhost`), which then takes that work off the database. ' +
          'Where the URL holds a password: `env:NAME` or `file:/path`.',
      ),
    admin: z
      .strictObject({
        token: secret('Bearer token of the admin API, 16 characters or more.').exactOptional(),
        oidc: oidcSettings({ outboundUrl, allowPrivateNetwork, secret })
          .exactOptional()
          .describe(
            'People sign in to the dashboard at an OpenID provider, which sends them back to `/admin/v1/session/oidc/callback` below `admin.url`.',
          ),
        url: outboundUrl
          .exactOptional()
          .describe(
            'Where people open the dashboard, such as `https://weir.example`: for links, and for `__Host-` cookies behind a proxy that ends TLS.',
          ),
      })
      .prefault({})
      .describe('Administration. Without a token, each start makes a sign-in link for an owner.'),
    secrets: secretSettings({ outboundUrl, allowPrivateNetwork, secret })
      .prefault({})
      .describe('The services that keep secrets, for references such as `vault:secret/data/llm#openai`.'),
    providers: z
      .record(name, provider)
      .exactOptional()
      .describe('Providers by name. Absent: those whose environment variable is set, else the simulator.'),
    routes: z.record(name, routeSettings).default({}).describe('Names that a caller may send as `model`.'),
    models: modelSettings
      .default({})
      .describe('Limits, abilities and prices of models by `provider/model`; they win over the catalogue.'),
    structured: structuredSettings
      .prefault({})
      .describe('Structured output: how answers are held to the JSON Schema of their request.'),
    keys: z.array(key).default([]).describe('Declared API keys; all others live in the store.'),
    budgets: budgetSettings
      .default([])
      .describe('Bounds on what may be spent, beside those of keys and those made through the admin API.'),
    ledger: ledgerSettings
      .prefault({})
      .describe('What was spent: one line per attempt, kept in the data folder.'),
    limits: limitSettings.default([]).describe('Bounds on requests, tokens and concurrency.'),
    alerts: alertSettings({ name, outboundUrl, allowPrivateNetwork, secret })
      .prefault({})
      .describe('What operators are told.'),
    access: accessSettings(
      secret(
        'What the hashes of API keys and the keys of sealed data are made with: 32 characters or more, the same on every instance of one store. ' +
          'Unset: the file `pepper` in the data folder, made by the first start.',
      ),
      jwtSettings({ name, outboundUrl, allowPrivateNetwork })
        .default({})
        .describe('By name: issuers whose JSON Web Tokens are taken in place of an API key.'),
    )
      .prefault({})
      .describe('How API keys are looked after.'),
    cache: cacheSettings
      .prefault({})
      .describe("Answers that are kept and served again. A route's own `cache` overrides it."),
    records: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Keep a searchable record of each request.'),
        retentionDays: z.number().int().min(1).max(36_500).default(30).describe('Older records are deleted.'),
        maxBytes: bytes
          .default(1_073_741_824)
          .describe('When records take more space, the oldest are deleted.'),
      })
      .prefault({})
      .describe('Request records.'),
    guardrails: guardrailSettings({ name, outboundUrl, allowPrivateNetwork, secret })
      .prefault({})
      .describe('Rules that prompts and answers are held to: personal data, secrets, words, sizes, topics.'),
    payloads: payloadSettings
      .prefault({})
      .describe(
        'What callers asked and were answered, encrypted and redacted. Nothing is recorded unless asked for here.',
      ),
    files: fileSettings.prefault({}).describe("Callers' files: what batches are made of, and their results."),
    batches: batchSettings({ name, outboundUrl, allowPrivateNetwork, secret })
      .prefault({})
      .describe('Requests that are answered when there is room for them.'),
    storedResponses: z
      .strictObject({
        ttlSeconds: z
          .number()
          .int()
          .min(1)
          .max(315_360_000)
          .default(2_592_000)
          .describe('How long a response is kept; 30 days unless set.'),
        maxBytes: bytes
          .max(268_435_456)
          .default(16_777_216)
          .describe('A larger conversation, its answer included, is not kept.'),
      })
      .prefault({})
      .describe('Responses that a caller asked to keep with `store: true`, encrypted. No others are kept.'),
    feedback: z
      .strictObject({
        retentionDays: z
          .number()
          .int()
          .min(1)
          .max(36_500)
          .default(90)
          .describe('Older feedback is deleted; what experiments have made of it stays.'),
      })
      .prefault({})
      .describe('What callers say of answers: `POST /v1/feedback`.'),
    rollout: rolloutSettings.prefault({}).describe('How new revisions of routes go live.'),
    evals: evalSettings.prefault({}).describe('Evaluation: suites that are run through the gateway.'),
    shadow: shadowSettings
      .default([])
      .describe(
        "Requests that are asked of a candidate too, behind the callers' backs. Nobody gets its answers.",
      ),
    drift: driftSettings
      .prefault({})
      .describe('Golden prompts that are asked again and again, to see a model change.'),
    idempotency: z
      .strictObject({
        ttlSeconds: z
          .number()
          .int()
          .min(1)
          .max(31_536_000)
          .default(86_400)
          .describe('How long an answer is kept for repeats; a day unless set.'),
        maxAnswerBytes: bytes
          .max(268_435_456)
          .default(4_194_304)
          .describe('A larger answer is not kept: a repeat of its request runs anew.'),
        maxAnswers: z
          .number()
          .int()
          .min(1)
          .max(10_000_000)
          .default(100_000)
          .describe('When more answers are kept, the oldest are deleted.'),
        maxBytes: bytes
          .default(67_108_864)
          .describe('When kept answers take more space, the oldest are deleted.'),
      })
      .prefault({})
      .describe(
        'Answers to requests with an `idempotency-key`, encrypted, so that a repeat gets the same one.',
      ),
    telemetry: z
      .strictObject({
        otlp: z
          .strictObject({
            endpoint: outboundUrl.describe('OTLP over HTTP: the collector, `/v1/traces` excluded.'),
            headers: headers.exactOptional(),
            allowPrivateNetwork,
          })
          .exactOptional()
          .describe('Where traces are sent. Absent: none are made.'),
      })
      .prefault({})
      .describe('OpenTelemetry.'),
    log: z
      .strictObject({
        level: z
          .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
          .default('info')
          .describe('The least severe level that is logged.'),
        format: z
          .enum(['json', 'text'])
          .default('json')
          .describe('`json`: one object per line. `text`: for people.'),
      })
      .prefault({})
      .describe('The log on standard output.'),
    allowPlaintextSecrets: z
      .boolean()
      .default(false)
      .describe('Accept secrets written out in this file. For experiments only.'),
  })
  .describe('Configuration of the Weir gateway.')

/** The checked file, with secrets still as references. */
export type Settings = z.output<typeof configSchema>
export type ProviderSettings = z.output<typeof provider>
export type RouteSettings = z.output<typeof routeSettings>
