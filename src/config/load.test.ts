import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { Secret } from '../core/secret.ts'
import type { Fault } from './fault.ts'
import { type Config, loadConfig, type LoadOptions, type LoadResult } from './load.ts'
import type { KnownProviders } from './providers.ts'

const known: KnownProviders = {
  types: {
    openai: { env: ['OPENAI_API_KEY'], baseUrl: 'https://api.openai.com/v1' },
    gemini: { env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], baseUrl: 'https://gemini.example/v1beta' },
    'openai-compatible': { env: [] },
    sim: { env: [] },
  },
  builtIn: 'sim',
}

function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function load(folder: string, yaml: string, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  writeFileSync(join(folder, 'weir.yaml'), yaml)
  return loadConfig({ folder, env: {}, known, ...options })
}

function configOf(result: LoadResult): Config {
  assert.ok(result.ok, result.ok ? '' : inspect(result.faults))
  return result.config
}

function faultsOf(result: LoadResult): readonly Fault[] {
  assert.ok(!result.ok, 'the configuration was accepted')
  return result.faults
}

interface FaultyCase {
  readonly yaml: string
  readonly path: string
  readonly line: number
  readonly message: RegExp
  readonly mend: RegExp
}

const secret = 'a-secret-of-24-characters'
const provider = `providers:\n  local: { type: openai-compatible, baseUrl: 'https://llm.example/v1' }\n`
const faulty: Record<string, FaultyCase> = {
  'headers that have longer than their request': {
    yaml: 'server:\n  limits: { headersTimeoutMs: 70000 }',
    path: 'server.limits',
    line: 2,
    message: /longer than the whole request/,
    mend: /at most `bodyTimeoutMs`/,
  },
  'an unknown section': {
    yaml: 'sever: { port: 1 }',
    path: 'sever',
    line: 1,
    message: /unknown key "sever"/,
    mend: /nearest known key is `server`/,
  },
  'an unknown key, deep': {
    yaml: 'server:\n  limits:\n    maxBodySize: 5',
    path: 'server.limits.maxBodySize',
    line: 3,
    message: /unknown key/,
    mend: /nearest known key is `maxBodyBytes`/,
  },
  'an unknown key inside a list': {
    yaml: `${provider}routes:\n  a:\n    targets:\n      - local/m\n      - target: local/m\n        timeot: { idleMs: 5 }`,
    path: 'routes.a.targets[1].timeot',
    line: 8,
    message: /unknown key/,
    mend: /`timeout`/,
  },
  'a name that is no plain word': {
    yaml: 'providers:\n  "a b": {}',
    path: 'providers["a b"]',
    line: 2,
    message: /not a valid name/,
    mend: /letters, digits/,
  },
  'a route with a slash in its name': {
    yaml: `${provider}routes:\n  a/b: { targets: [local/m] }`,
    path: 'routes["a/b"]',
    line: 4,
    message: /not a valid name/,
    mend: /letters, digits/,
  },
  'a wrong type': {
    yaml: 'server:\n  port: "4000"',
    path: 'server.port',
    line: 2,
    message: /wrong type: text/,
    mend: /a whole number from 0 to 65535/,
  },
  'a number out of range': {
    yaml: 'server: { port: 70000 }',
    path: 'server.port',
    line: 1,
    message: /out of range/,
    mend: /from 0 to 65535/,
  },
  'an amount that is none': {
    yaml: 'budgets: [{ scope: user, usd: ten, period: day }]',
    path: 'budgets[0].usd',
    line: 1,
    message: /^not an exact amount$/,
    mend: /Write USD as a decimal/,
  },
  'a word that is not of the list': {
    yaml: 'log:\n  level: wran',
    path: 'log.level',
    line: 2,
    message: /not a known value/,
    mend: /`debug`.*nearest is `warn`/,
  },
  'a store that there is not': {
    yaml: 'store: mysql',
    path: 'store',
    line: 1,
    message: /not a known store/,
    mend: /`sqlite`, `postgres:.*`env:NAME`/,
  },
  'a store whose password is written out': {
    yaml: 'store: postgres://weir:secret@db/weir',
    path: 'store',
    line: 1,
    message: /a secret is written out/,
    mend: /`env:NAME`/,
  },
  'a missing value': {
    yaml: 'keys:\n  - name: ci',
    path: 'keys[0].secret',
    line: 2,
    message: /missing/,
    mend: /Add it/,
  },
  'a section that is a text': {
    yaml: 'server: yes please',
    path: 'server',
    line: 1,
    message: /wrong type: text/,
    mend: /a section with keys/,
  },
  'a file that is a list': {
    yaml: '- server',
    path: '',
    line: 1,
    message: /wrong type: a list/,
    mend: /a section with keys/,
  },
  'a syntax fault': {
    yaml: 'server:\n  port: 1\n host: x',
    path: '',
    line: 3,
    message: /not valid YAML/,
    mend: /indentation/,
  },
  'a key given twice': {
    yaml: 'server: {}\nserver: {}',
    path: '',
    line: 2,
    message: /must be unique/,
    mend: /this line/,
  },
  'a name that would reach the prototype': {
    yaml: 'routes:\n  __proto__: { targets: [x/y] }',
    path: '__proto__',
    line: 2,
    message: /not a valid name/,
    mend: /another name/,
  },
  'a plain secret': {
    yaml: `providers:\n  openai:\n    apiKey: ${secret}`,
    path: 'providers.openai.apiKey',
    line: 3,
    message: /written out/,
    mend: /env:NAME.*allowPlaintextSecrets: true/,
  },
  'a plain credential in a header': {
    yaml: `${provider}    # a comment\ntelemetry:\n  otlp:\n    endpoint: https://otel.example\n    headers:\n      X-Api-Key: ${secret}`,
    path: 'telemetry.otlp.headers.X-Api-Key',
    line: 8,
    message: /written out/,
    mend: /env:NAME/,
  },
  'a reference of an unknown kind': {
    yaml: 'admin:\n  token: vaultage:secret/data/weir#token',
    path: 'admin.token',
    line: 2,
    message: /not a known kind/,
    mend: /`env:NAME`, `file:\/path`/,
  },
  'a reference that names nothing': {
    yaml: 'admin: { token: "env:" }',
    path: 'admin.token',
    line: 1,
    message: /names nothing/,
    mend: /env:NAME/,
  },
  'a variable that is not set': {
    yaml: 'admin:\n  token: env:WEIR_TOKEN',
    path: 'admin.token',
    line: 2,
    message: /WEIR_TOKEN is not set/,
    mend: /Set WEIR_TOKEN/,
  },
  'a secret file that is not there': {
    yaml: 'admin:\n  token: file:absent.txt',
    path: 'admin.token',
    line: 2,
    message: /absent\.txt cannot be read \(ENOENT\)/,
    mend: /readable file/,
  },
  'a short secret': {
    yaml: 'allowPlaintextSecrets: true\nkeys:\n  - { name: ci, secret: short }',
    path: 'keys[0].secret',
    line: 3,
    message: /shorter than 16/,
    mend: /openssl/,
  },
  'a secret that no header can carry': {
    yaml: `allowPlaintextSecrets: true\nadmin:\n  token: "sixteen characters and é"`,
    path: 'admin.token',
    line: 3,
    message: /no header can carry/,
    mend: /visible ASCII/,
  },
  'one secret for two keys': {
    yaml: `allowPlaintextSecrets: true\nkeys:\n  - { name: a, secret: ${secret} }\n  - { name: b, secret: ${secret} }`,
    path: 'keys[1].secret',
    line: 4,
    message: /same secret/,
    mend: /its own/,
  },
  'one name for two keys': {
    yaml: `allowPlaintextSecrets: true\nkeys:\n  - { name: a, secret: ${secret} }\n  - { name: a, secret: ${secret}x }`,
    path: 'keys[1].name',
    line: 4,
    message: /the name of keys\[0\]/,
    mend: /its own name/,
  },
  'a provider of an unknown type': {
    yaml: 'providers:\n  opnai: {}',
    path: 'providers.opnai',
    line: 2,
    message: /not a known type/,
    mend: /nearest is `openai`/,
  },
  'an unknown type under another name': {
    yaml: 'providers:\n  mine:\n    type: gemni',
    path: 'providers.mine.type',
    line: 3,
    message: /not a known type/,
    mend: /nearest is `gemini`/,
  },
  'a provider without a key': {
    yaml: 'providers:\n  openai: {}',
    path: 'providers.openai',
    line: 2,
    message: /no key/,
    mend: /Set OPENAI_API_KEY/,
  },
  'a provider without an address': {
    yaml: 'providers:\n  local: { type: openai-compatible }',
    path: 'providers.local',
    line: 2,
    message: /no address/,
    mend: /baseUrl/,
  },
  'an address without encryption': {
    yaml: 'providers:\n  local:\n    type: openai-compatible\n    baseUrl: http://llm.example/v1',
    path: 'providers.local.baseUrl',
    line: 4,
    message: /without encryption/,
    mend: /allowPrivateNetwork: true/,
  },
  'keys of callers that somebody could change on the way': {
    yaml: 'access:\n  jwt:\n    corp: { issuer: corp, audience: weir, jwksUrl: "http://login.example/jwks" }',
    path: 'access.jwt.corp.jwksUrl',
    line: 3,
    message: /without encryption/,
    mend: /https/,
  },
  'one issuer of tokens twice, of which one would never be asked': {
    yaml: 'access:\n  jwt:\n    a: { issuer: corp, audience: x, jwksUrl: "https://login.example/jwks" }\n    b: { issuer: corp, audience: y, jwksUrl: "https://login.example/jwks" }',
    path: 'access.jwt.b.issuer',
    line: 4,
    message: /the issuer of `access.jwt.a`/,
    mend: /audiences/,
  },
  'people who sign in over a connection that can be read': {
    yaml: 'admin:\n  oidc:\n    issuer: http://login.example\n    clientId: weir\n    roles: [{ group: g, role: owner }]',
    path: 'admin.oidc.issuer',
    line: 3,
    message: /without encryption/,
    mend: /https/,
  },
  'prompts that are shown to a guardrail over a connection that can be read': {
    yaml: `allowPlaintextSecrets: true\nguardrails:\n  rules:\n    own: { webhook: { url: "http://guard.example", secret: ${secret} }, action: block }`,
    path: 'guardrails.rules.own.webhook.url',
    line: 4,
    message: /without encryption/,
    mend: /https/,
  },
  'an address with a password': {
    yaml: 'providers:\n  local: { type: openai-compatible, baseUrl: "https://me:word@llm.example" }',
    path: 'providers.local.baseUrl',
    line: 2,
    message: /not a base URL/,
    mend: /without user, password/,
  },
  'a target of an unknown provider': {
    yaml: `${provider}routes:\n  a:\n    targets: [locl/m]`,
    path: 'routes.a.targets[0]',
    line: 5,
    message: /"locl" is not configured/,
    mend: /nearest configured one is `local`/,
  },
  'a target that names no route': {
    yaml: `${provider}routes:\n  assistant: { targets: [local/m] }\n  b: { targets: [asistant] }`,
    path: 'routes.b.targets[0]',
    line: 5,
    message: /neither a target nor a route/,
    mend: /nearest route is `assistant`/,
  },
  'shadow traffic of no route': {
    yaml: `${provider}shadow:\n  - { route: other, target: local/m }`,
    path: 'shadow[0].route',
    line: 4,
    message: /no route is called "other"/,
    mend: /Name one/,
  },
  'shadow traffic to its own route': {
    yaml: `${provider}routes:\n  a: { targets: [local/m] }\nshadow:\n  - { route: a, target: a }`,
    path: 'shadow[0].target',
    line: 6,
    message: /the route itself/,
    mend: /revision/,
  },
  'an experiment without arms': {
    yaml: `${provider}routes:\n  a:\n    strategy: experiment\n    targets: [local/m]`,
    path: 'routes.a',
    line: 4,
    message: /without `experiment`/,
    mend: /its `name` and `arms`/,
  },
  'an arm that changes nothing': {
    yaml: `${provider}routes:\n  a:\n    strategy: experiment\n    targets: [local/m]\n    experiment: { name: e, arms: [{ name: x }, { name: y }] }`,
    path: 'routes.a.experiment.arms[1]',
    line: 7,
    message: /an arm like the control/,
    mend: /Add `targets`/,
  },
  'a control that is changed': {
    yaml: `${provider}routes:\n  a:\n    strategy: experiment\n    targets: [local/m]\n    experiment: { name: e, arms: [{ name: x, prompt: Hi. }, { name: y, prompt: Ho. }] }`,
    path: 'routes.a.experiment.arms[0]',
    line: 7,
    message: /a control that is changed/,
    mend: /as it stands/,
  },
  'two arms of one name': {
    yaml: `${provider}routes:\n  a:\n    strategy: experiment\n    targets: [local/m]\n    experiment: { name: e, arms: [{ name: x }, { name: x, prompt: Ho. }] }`,
    path: 'routes.a.experiment.arms[1].name',
    line: 7,
    message: /a name given twice/,
    mend: /its own name/,
  },
  'a judge that nobody named': {
    yaml: `${provider}routes:\n  a:\n    strategy: experiment\n    targets: [local/m]\n    experiment: { name: e, metric: judge, arms: [{ name: x }, { name: y, prompt: Ho. }] }`,
    path: 'routes.a.experiment',
    line: 7,
    message: /without a `judge`/,
    mend: /Add `judge`/,
  },
  'an arm that names a route': {
    yaml: `${provider}routes:\n  a:\n    strategy: experiment\n    targets: [local/m]\n    experiment: { name: e, arms: [{ name: x }, { name: y, targets: [b] }] }\n  b: { targets: [local/m] }`,
    path: 'routes.a.experiment.arms[1].targets[0]',
    line: 7,
    message: /not a target/,
    mend: /arms name no routes/,
  },
  'an experiment within a route': {
    yaml: `${provider}routes:\n  a:\n    strategy: experiment\n    targets: [local/m]\n    experiment: { name: e, arms: [{ name: x }, { name: y, prompt: Ho. }] }\n  b: { targets: [a] }`,
    path: 'routes.b.targets[0]',
    line: 8,
    message: /an experiment within a route/,
    mend: /Name its targets/,
  },
  'a route within itself': {
    yaml: `${provider}routes:\n  a: { targets: [local/m, a] }`,
    path: 'routes.a.targets[1]',
    line: 4,
    message: /a cycle of routes: a -> a/,
    mend: /Remove one/,
  },
  'a cycle of routes, told once': {
    yaml: `${provider}routes:\n  c: { targets: [a] }\n  a: { targets: [local/m, b] }\n  b: { targets: [c] }`,
    path: 'routes.a.targets[1]',
    line: 5,
    message: /a cycle of routes: a -> b -> c -> a/,
    mend: /Remove one/,
  },
  'a weight of zero': {
    yaml: `${provider}routes:\n  a:\n    strategy: weighted\n    targets: [{ target: local/m, weight: 0 }]`,
    path: 'routes.a.targets[0].weight',
    line: 6,
    message: /not a weight/,
    mend: /above 0/,
  },
  'an unknown condition': {
    yaml: `${provider}routes:\n  a:\n    targets: [{ target: local/m, when: { tag: [x] } }]`,
    path: 'routes.a.targets[0].when.tag',
    line: 5,
    message: /unknown key/,
    mend: /`tags`/,
  },
  'a language that is not told apart': {
    yaml: `${provider}routes:\n  a:\n    targets: [{ target: local/m, when: { languages: [xx] } }]`,
    path: 'routes.a.targets[0].when.languages[0]',
    line: 5,
    message: /./,
    mend: /de/,
  },
  'a task that no target is for': {
    yaml: `${provider}routes:\n  a:\n    strategy: task\n    rules: [{ label: hard }]\n    targets: [local/m]`,
    path: 'routes.a.rules[0].label',
    line: 6,
    message: /no target is for the task "hard"/,
    mend: /labels: \[hard\]/,
  },
  'tasks without rules': {
    yaml: `${provider}routes:\n  a:\n    strategy: task\n    targets: [local/m]`,
    path: 'routes.a',
    line: 4,
    message: /`task` without `rules`/,
    mend: /Add rules/,
  },
  'an embedder that is a route': {
    yaml: `${provider}routes:\n  a:\n    strategy: task\n    targets: [{ target: local/m, labels: [x] }]\n    examples:\n      embedder: a\n      labelled: [{ label: x, text: y }]`,
    path: 'routes.a.examples.embedder',
    line: 8,
    message: /a route/,
    mend: /provider\/model/,
  },
  'an embedder that is not configured': {
    yaml: `${provider}routes:\n  a:\n    strategy: task\n    targets: [{ target: local/m, labels: [x] }]\n    examples:\n      embedder: nowhere/m\n      labelled: [{ label: x, text: y }]`,
    path: 'routes.a.examples.embedder',
    line: 8,
    message: /"nowhere" is not configured/,
    mend: /providers/,
  },
  'an example of a task that no target is for': {
    yaml: `${provider}routes:\n  a:\n    strategy: task\n    targets: [{ target: local/m, labels: [x] }]\n    examples:\n      embedder: local/m\n      labelled: [{ label: z, text: y }]`,
    path: 'routes.a.examples.labelled[0].label',
    line: 9,
    message: /no target is for the task "z"/,
    mend: /labels: \[z\]/,
  },
  'examples without tasks': {
    yaml: `${provider}routes:\n  a:\n    targets: [{ target: local/m, labels: [x] }]\n    examples:\n      embedder: local/m\n      labelled: [{ label: x, text: y }]`,
    path: 'routes.a.examples',
    line: 6,
    message: /without the strategy `task`/,
    mend: /strategy: task/,
  },
  'a hedge without an attempt for it': {
    yaml: `${provider}routes:\n  a:\n    hedge: {}\n    retry: { attempts: 1 }\n    targets: [local/m]`,
    path: 'routes.a.hedge',
    line: 5,
    message: /no attempt is left/,
    mend: /2 or more/,
  },
  'one key beside several': {
    yaml: `allowPlaintextSecrets: true\nproviders:\n  openai:\n    apiKey: ${secret}\n    apiKeys: [{ key: ${secret} }]`,
    path: 'providers.openai.apiKeys',
    line: 5,
    message: /beside `apiKey`/,
    mend: /into the list/,
  },
  'a model that no key is for': {
    yaml: `allowPlaintextSecrets: true\nproviders:\n  openai:\n    apiKeys: [{ key: ${secret}, models: ['gpt-5*'] }]\nroutes:\n  a: { targets: [openai/o3] }`,
    path: 'routes.a.targets[0]',
    line: 6,
    message: /no key of the provider is for the model "o3"/,
    mend: /providers.openai.apiKeys/,
  },
  'a target without a model': {
    yaml: `${provider}routes:\n  a: { targets: [local/] }`,
    path: 'routes.a.targets[0]',
    line: 4,
    message: /not a target/,
    mend: /provider\/model/,
  },
  'a route without targets': {
    yaml: 'routes:\n  a: { targets: [] }',
    path: 'routes.a.targets',
    line: 2,
    message: /out of range/,
    mend: /a list of 1 to 64/,
  },
  'a target of a wrong type': {
    yaml: 'routes:\n  a:\n    targets:\n      - 5',
    path: 'routes.a.targets[0]',
    line: 4,
    message: /wrong type: a number/,
    mend: /a text that is not empty or a section/,
  },
  'one port for two listeners': {
    yaml: 'server:\n  admin:\n    port: 4000',
    path: 'server.admin.port',
    line: 3,
    message: /same port/,
    mend: /another port/,
  },
  'a proxy that is no address': {
    yaml: 'server:\n  trustedProxies: [10.0.0.0/8, 10.0.0.0/33]',
    path: 'server.trustedProxies[1]',
    line: 2,
    message: /not an IP address or range/,
    mend: /10\.0\.0\.0\/8/,
  },
  'a certificate that is none': {
    yaml: `allowPlaintextSecrets: true\nserver:\n  tls: { cert: ${secret}, key: ${secret} }`,
    path: 'server.tls',
    line: 3,
    message: /not a usable certificate/,
    mend: /PEM/,
  },
}

for (const [title, expected] of Object.entries(faulty)) {
  test(`refused: ${title}`, async (t) => {
    const faults = faultsOf(await load(freshFolder(t), expected.yaml))
    assert.equal(faults.length, 1, inspect(faults))
    const [fault] = faults
    assert.equal(fault?.path, expected.path)
    assert.equal(fault?.line, expected.line)
    assert.ok(fault.column !== undefined && fault.column >= 1)
    assert.match(fault.message, expected.message)
    assert.match(fault.mend, expected.mend)
    assert.ok(!JSON.stringify(faults).includes(secret), 'a secret is in the fault')
  })
}

test('a store may be a server: its URL, or where a password is in it, a reference', async (t) => {
  const url = 'postgres://weir:hunter2@db.example/weir'
  const storeOf = async (yaml: string, value: string) => {
    const result = await load(freshFolder(t), yaml, { env: { STORE: value } })
    return result.ok ? result.config.store : result.faults
  }
  const revealed = async (yaml: string, value: string) => {
    const store = await storeOf(yaml, value)
    return store instanceof Secret ? store.reveal() : store
  }
  assert.equal(await storeOf('', ''), 'sqlite')
  assert.equal(await revealed('store: env:STORE', url), url)
  assert.equal(await revealed('store: postgresql://weir@db/weir', ''), 'postgresql://weir@db/weir')
  const [fault] = (await storeOf('store: env:STORE', 'mysql://hunter2')) as readonly Fault[]
  assert.equal(fault?.path, 'store')
  assert.match(fault.message, /not the URL of a PostgreSQL database/)
  assert.ok(!JSON.stringify(fault).includes('hunter2'))
})

test('a token, a webhook secret and a wrapping key that are short refuse the start', async (t) => {
  const yaml = `allowPlaintextSecrets: true
admin: { token: short }
secrets: { stored: { key: a-key-of-only-24-letters } }
alerts: { webhooks: [{ url: 'https://hooks.example/x', secret: 'x' }] }
guardrails: { rules: { own: { webhook: { url: 'https://guard.example', secret: 'x' }, action: block } } }`
  const faults = faultsOf(await load(freshFolder(t), yaml))
  assert.deepEqual(faults.map(({ path }) => path).toSorted(), [
    'admin.token',
    'alerts.webhooks[0].secret',
    'guardrails.rules.own.webhook.secret',
    'secrets.stored.key',
  ])
})

test('an address that is itself a secret must not be one that can be read on the way', async (t) => {
  const yaml = 'alerts: { slack: [{ url: env:HOOK }] }'
  const env = { HOOK: 'http://hooks.example/x' }
  const faults = faultsOf(await load(freshFolder(t), yaml, { env }))
  assert.deepEqual(
    faults.map(({ path, message }) => [path, message]),
    [['alerts.slack[0].url', 'an address without encryption']],
  )
})

test('a key of a service that nothing says how to reach, or two keys, refuse the start', async (t) => {
  const faultsFor = async (stored: string) =>
    faultsOf(await load(freshFolder(t), `secrets: { stored: ${stored} }`)).map(({ path }) => path)
  for (const kind of [
    'transit: { key: k }',
    'awsKms: { key: k }',
    'googleKms: { key: projects/p/locations/l/keyRings/r/cryptoKeys/k }',
    'azureKey: { vault: my-vault, key: k }',
  ]) {
    const [name] = kind.split(':')
    assert.deepEqual(await faultsFor(`{ ${kind} }`), [`secrets.stored.${name}`])
    assert.deepEqual(await faultsFor(`{ ${kind}, key: env:X }`), ['secrets.stored'])
    const before = `{ key: file:/dev/null, previousServiceKeys: [{ ${kind} }] }`
    assert.ok((await faultsFor(before)).includes(`secrets.stored.previousServiceKeys[0].${name}`))
  }
})

test('all faults are told at once', async (t) => {
  const yaml = `providers:\n  openai: {}\n  other: {}\nroutes:\n  a: { targets: [x/y] }\nadmin: { token: env:UNSET }`
  const faults = faultsOf(await load(freshFolder(t), yaml))
  const paths = faults.map((fault) => fault.path)
  assert.deepEqual(paths, ['providers.openai', 'providers.other', 'routes.a.targets[0]', 'admin.token'])
})

test('unknown keys anywhere are named with their path, and never crash', async (t) => {
  const folder = freshFolder(t)
  const sections = ['server', 'admin', 'records', 'telemetry', 'log'] as const
  const key = fc.string({ minLength: 1, unit: 'binary' }).filter((name) => !/^[A-Za-z]+$/.test(name))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...sections), key, fc.json(), async (section, name, value) => {
      const yaml = `{${JSON.stringify(section)}: {${JSON.stringify(name)}: ${value}}}`
      const faults = faultsOf(await load(folder, yaml))
      assert.equal(faults.length, 1)
      assert.ok(faults[0]!.path.startsWith(section) || faults[0]!.path === '__proto__')
      assert.ok(!/[\n\r]/.test(faults[0]!.path))
    }),
    { numRuns: 300 },
  )
})

test('any document is either accepted or refused with faults', async (t) => {
  const folder = freshFolder(t)
  const words = fc.constantFrom(
    'server',
    'port',
    'providers',
    'openai',
    'routes',
    'targets',
    'keys',
    'tls',
    'x',
  )
  const { document } = fc.letrec<{ document: unknown }>((tie) => ({
    document: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 0, 4000, -1, 1e300, '', 'a', 'env:X', 'vault:x', 'openai/gpt'),
      fc.array(tie('document'), { maxLength: 3 }),
      fc.dictionary(words, tie('document'), { maxKeys: 4 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(document, async (value) => {
      const result = await load(folder, JSON.stringify(value))
      if (result.ok) return
      assert.ok(result.faults.length > 0)
      for (const fault of result.faults) assert.ok(fault.message !== '' && fault.mend !== '' && fault.line)
    }),
    { numRuns: 500 },
  )
})

test('any text is either accepted or refused with faults', async (t) => {
  const folder = freshFolder(t)
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom(...'ab:-{}[]&*!|>\'"%@`#,? \n\t') }), async (text) => {
      const result = await load(folder, text)
      assert.ok(result.ok || result.faults.length > 0)
    }),
    { numRuns: 500 },
  )
})

test('without a file and without keys: the defaults and the built-in provider', async (t) => {
  const folder = freshFolder(t)
  const config = configOf(await loadConfig({ folder, env: {}, known }))
  assert.equal(config.server.host, '127.0.0.1')
  assert.equal(config.server.port, 4000)
  assert.equal(config.server.limits.maxBodyBytes, 32 * 1024 * 1024)
  assert.equal(config.dataDir, join(folder, 'data'))
  assert.deepEqual(config.providers, { sim: { type: 'sim', allowPrivateNetwork: false, models: [] } })
  assert.deepEqual(config.sources, [join(folder, 'weir.yaml')])
  assert.equal(config.file, undefined)
})

test('providers whose usual variable is set are on, by the first variable that has a value', async (t) => {
  const env = { GEMINI_API_KEY: ' ', GOOGLE_API_KEY: 'from-google', OPENAI_API_KEY: 'from-openai' }
  const { providers } = configOf(await loadConfig({ folder: freshFolder(t), env, known }))
  assert.deepEqual(Object.keys(providers), ['openai', 'gemini'])
  assert.equal(providers['openai']?.apiKey?.reveal(), 'from-openai')
  assert.equal(providers['gemini']?.apiKey?.reveal(), 'from-google')
})

test('the providers of the file are the whole list, and take the usual key of their type', async (t) => {
  const env = { OPENAI_API_KEY: 'usual', GEMINI_API_KEY: 'unused', OTHER: 'other' }
  const yaml = `providers:\n  a: { type: openai }\n  b: { type: openai, apiKey: env:OTHER }`
  const { providers } = configOf(await load(freshFolder(t), yaml, { env }))
  const keys = Object.entries(providers).map(([name, { apiKey }]) => [name, apiKey?.reveal()])
  assert.deepEqual(keys, [
    ['a', 'usual'],
    ['b', 'other'],
  ])
})

test('an empty file and empty sections are defaults', async (t) => {
  const folder = freshFolder(t)
  for (const yaml of ['', '# nothing\n', 'server:\nroutes:\n  # none yet\n', '---\n']) {
    assert.equal(configOf(await load(folder, yaml)).server.port, 4000)
  }
})

test('secrets come from the environment and from files beside the configuration, trimmed', async (t) => {
  const folder = freshFolder(t)
  writeFileSync(join(folder, 'token.txt'), `  ${secret}\n`)
  const yaml = `admin: { token: file:token.txt }\nkeys: [ { name: ci, secret: env:CI_KEY, models: ['openai/*'] } ]`
  const config = configOf(await load(folder, yaml, { env: { CI_KEY: `${secret}-ci\n` } }))
  assert.equal(config.admin.token?.reveal(), secret)
  assert.equal(config.keys[0]?.secret.reveal(), `${secret}-ci`)
  assert.deepEqual(config.sources, [join(folder, 'weir.yaml'), join(folder, 'token.txt')])
})

test('header values may be plain where they are no credential', async (t) => {
  const yaml = `providers:
  local:
    type: openai-compatible
    baseUrl: http://127.0.0.1:8001/v1
    allowPrivateNetwork: true
    headers: { x-team: 'blue: green', authorization: env:LOCAL_AUTH }`
  const { providers } = configOf(await load(freshFolder(t), yaml, { env: { LOCAL_AUTH: 'Bearer x' } }))
  assert.equal(providers['local']?.headers?.['x-team']?.reveal(), 'blue: green')
  assert.equal(providers['local']?.headers?.['authorization']?.reveal(), 'Bearer x')
})

test('targets have one form, whatever form the file uses', async (t) => {
  const yaml = `${provider}routes:\n  a:\n    targets: [local/m, { target: local/n, timeout: { idleMs: 5 } }]`
  const { routes } = configOf(await load(freshFolder(t), yaml))
  assert.deepEqual(routes, {
    a: {
      strategy: 'ordered',
      targets: [{ target: 'local/m' }, { target: 'local/n', timeout: { idleMs: 5 } }],
      rules: [],
      retry: { attempts: 3 },
      failoverOn: [],
      protected: false,
      continueBrokenStreams: false,
      promptCache: 'off',
      breaker: { consecutiveFailures: 5, errorRate: 0.5 },
    },
  })
})

test('no form of printing shows a secret', async (t) => {
  const yaml = `allowPlaintextSecrets: true\nadmin: { token: ${secret} }`
  const config = configOf(await load(freshFolder(t), yaml, { env: { OPENAI_API_KEY: `${secret}-2` } }))
  for (const shown of [JSON.stringify(config), inspect(config, { depth: 20, showHidden: true })]) {
    assert.ok(!shown.includes(secret))
    assert.ok(shown.includes('***'))
  }
})

test('the snapshot is frozen throughout', async (t) => {
  const yaml = `${provider}routes:\n  a: { targets: [local/m] }`
  const config = configOf(await load(freshFolder(t), yaml))
  const open: string[] = []
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    if (!Object.isFrozen(value)) open.push(path)
    for (const [name, member] of Object.entries(value)) visit(member, `${path}.${name}`)
  }
  visit(config, 'config')
  assert.deepEqual(open, [])
})

test('the command line wins over the file, and paths are relative to whoever names them', async (t) => {
  const folder = freshFolder(t)
  const options: Partial<LoadOptions> = { overrides: { host: '::1', port: 0, dataDir: 'elsewhere' } }
  const config = configOf(await load(folder, 'server: { port: 5000 }\ndata: mine', options))
  assert.equal(config.server.host, '::1')
  assert.equal(config.server.port, 0)
  assert.equal(config.dataDir, join(folder, 'elsewhere'))
  const elsewhere = await loadConfig({ folder: '/', file: join(folder, 'weir.yaml'), env: {}, known })
  assert.equal(configOf(elsewhere).dataDir, join(folder, 'mine'))
})

test('a file that is named must be there', async (t) => {
  const result = await loadConfig({ folder: freshFolder(t), file: 'other.yaml', env: {}, known })
  assert.match(faultsOf(result)[0]!.message, /cannot be read \(ENOENT\)/)
})

test('anchors may be used, bombs and rings are refused', async (t) => {
  const folder = freshFolder(t)
  const shared = `${provider}routes:\n  a: { targets: &both [local/m, local/n] }\n  b: { targets: *both }`
  assert.equal(configOf(await load(folder, shared)).routes['b']?.targets.length, 2)
  const levels = Array.from(
    { length: 9 },
    (_, level) => `x${level + 1}: &x${level + 1} [${`*x${level},`.repeat(9)}]`,
  )
  const bomb = `x0: &x0 [a]\n${levels.join('\n')}`
  assert.match(faultsOf(await load(folder, bomb))[0]!.message, /aliases/)
  assert.ok(faultsOf(await load(folder, 'routes: &r { a: *r }')).length > 0)
})

test('syntax faults never quote the file', async (t) => {
  const folder = freshFolder(t)
  for (const yaml of [
    `admin: { token: !${secret} x }`,
    `admin: { token: *${secret} }`,
    `admin: { token: "${secret}\\q" }`,
    `admin:\n  token: |${secret}\n    x`,
    `admin: { token: ${secret}`,
    `%${secret}\n---\nadmin: {}`,
    `admin: {}\n} ${secret}`,
  ]) {
    const faults = faultsOf(await load(folder, yaml))
    assert.ok(!JSON.stringify(faults).includes(secret), yaml)
  }
})
