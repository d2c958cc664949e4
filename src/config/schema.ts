/** The shape of `weir.yaml`: what may stand in it, the defaults, and what each setting means. */

import { z } from 'zod'
import { accessSettings } from './access-settings.ts'
import { alertSettings } from './alert-settings.ts'
import { batchSettings, fileSettings } from './batch-settings.ts'
import { budgetSettings, ledgerSettings } from './budget-settings.ts'
import { cacheSettings } from './cache-settings.ts'
import { driftSettings } from './drift-settings.ts'
import { evalSettings } from './eval-settings.ts'
import { guardrailSettings } from './guardrail-settings.ts'
import { oidcSettings } from './identity-settings.ts'
import { declaredKey } from './key-settings.ts'
import { limitSettings } from './limit-settings.ts'
import { modelSettings } from './model-settings.ts'
import { payloadSettings } from './payload-settings.ts'
import { queueSetting, sharedSetting } from './place-setting.ts'
import { providerSettings } from './provider-settings.ts'
import { rolloutSettings } from './rollout-settings.ts'
import { routeSettings } from './route-settings.ts'
import { secretSettings } from './secret-settings.ts'
import { serverSettings } from './server-settings.ts'
import { allowPrivateNetwork, bytes, headers, name, outboundUrl, secret, text } from './setting-kinds.ts'
import { shadowSettings } from './shadow-settings.ts'
import { storeSetting } from './store-setting.ts'
import { structuredSettings } from './structured-settings.ts'

/** Also read by itself: commands find a running gateway by it. */
export const dataSetting = text
  .default('./data')
  .describe('Folder of everything the gateway keeps; a relative one is beside this file.')

/** One section per part of the product; a part that comes later adds its own. */
export const configSchema = z
  .strictObject({
    server: serverSettings.prefault({}).describe('How the gateway listens.'),
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
          'holds the cache, counts limits and budgets for all of them together, and tells them of changed keys at once. Where the URL ' +
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
        oidc: oidcSettings
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
    secrets: secretSettings
      .prefault({})
      .describe('The services that keep secrets, for references such as `vault:secret/data/llm#openai`.'),
    providers: z
      .record(name, providerSettings)
      .exactOptional()
      .describe('Providers by name. Absent: those whose environment variable is set, else the simulator.'),
    routes: z.record(name, routeSettings).default({}).describe('Names that a caller may send as `model`.'),
    models: modelSettings
      .default({})
      .describe('Limits, abilities and prices of models by `provider/model`; they win over the catalogue.'),
    structured: structuredSettings
      .prefault({})
      .describe('Structured output: how answers are held to the JSON Schema of their request.'),
    keys: z.array(declaredKey).default([]).describe('Declared API keys; all others live in the store.'),
    budgets: budgetSettings
      .default([])
      .describe('Bounds on what may be spent, beside those of keys and those made through the admin API.'),
    ledger: ledgerSettings
      .prefault({})
      .describe('What was spent: one line per attempt, kept in the data folder.'),
    limits: limitSettings.default([]).describe('Bounds on requests, tokens and concurrency.'),
    alerts: alertSettings.prefault({}).describe('What operators are told.'),
    access: accessSettings.prefault({}).describe('How API keys are looked after.'),
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
    guardrails: guardrailSettings
      .prefault({})
      .describe('Rules that prompts and answers are held to: personal data, secrets, words, sizes, topics.'),
    payloads: payloadSettings
      .prefault({})
      .describe(
        'What callers asked and were answered, encrypted and redacted. Nothing is recorded unless asked for here.',
      ),
    files: fileSettings.prefault({}).describe("Callers' files: what batches are made of, and their results."),
    batches: batchSettings.prefault({}).describe('Requests that are answered when there is room for them.'),
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
export type ProviderSettings = z.output<typeof providerSettings>
export type RouteSettings = z.output<typeof routeSettings>
