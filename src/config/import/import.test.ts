/** Imports: what becomes of models, fallbacks, keys and addresses, and that nothing is lost without a word. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import type { Json } from '../../core/json.ts'
import { loadConfig } from '../load.ts'
import { checkShape } from '../shape.ts'
import type { Imported, KnownTypes } from './draft.ts'
import { importLitellm } from './litellm.ts'
import { importPortkey } from './portkey.ts'

const known: KnownTypes = {
  alpha: { env: ['ALPHA_API_KEY'], baseUrl: 'https://api.alpha.example/v1', modelPrefixes: ['alf-'] },
  beta: {
    env: ['BETA_API_KEY'],
    baseUrl: 'https://api.beta.example/api/v2',
    alsoCalled: ['beta_ai', 'beta-ai'],
    modelPrefixes: [],
  },
  account: {
    env: ['ACCOUNT_API_KEY'],
    address: 'https://{resource}.account.example/openai/v1',
    alsoCalled: ['account-openai'],
    modelPrefixes: [],
  },
  places: {
    env: [],
    address: 'https://places.example/projects/{project}/locations/{region}',
    modelPrefixes: [],
  },
}

const inline = 'sk-canary-0123456789'

/** Loads the result as `weir check` does, with every variable set that it names. */
async function faultsOf({ config }: Imported): Promise<readonly unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-import-'))
  try {
    const text = stringify(config)
    writeFileSync(join(folder, 'weir.yaml'), text)
    const names = [...text.matchAll(/env:(\w+)/g)].map(([, name]) => name!)
    const env = Object.fromEntries(names.map((name) => [name, `value-of-${name.padEnd(20, '-')}`]))
    const types = { ...known, sim: { env: [], modelPrefixes: [] } }
    const result = await loadConfig({ folder, env, known: { types, builtIn: 'sim' } })
    return result.ok ? [] : result.faults
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const litellm = parse(`
model_list:
  - model_name: big
    litellm_params: { model: alpha/alf-large, api_key: os.environ/MY_ALPHA, timeout: 30, max_budget: 100, budget_duration: 30d }
    model_info: { max_input_tokens: 1000, input_cost_per_token: 0.0000025, mode: chat }
  - model_name: big
    litellm_params: { model: account/deployed, api_base: "https://x.account.example/", api_key: ${inline}, api_version: "2024" }
  - model_name: small
    litellm_params: { model: beta_ai/org/small, api_key: os.environ/BETA_API_KEY }
  - model_name: bare
    litellm_params: { model: alf-mini }
  - model_name: alpha/*
    litellm_params: { model: alpha/*, api_key: os.environ/MY_ALPHA }
  - model_name: place
    litellm_params: { model: places/m, vertex_project: p, vertex_location: eu, vertex_credentials: /etc/account.json }
  - model_name: nobody
    litellm_params: { model: unknown/model }
litellm_settings:
  drop_params: true
  max_budget: 1000
  max_internal_user_budget: 0.5
  internal_user_budget_duration: 1d
  max_end_user_budget: 2
  fallbacks: [ { big: [small] } ]
  context_window_fallbacks: [ { big: [small] } ]
router_settings: { num_retries: 2, routing_strategy: latency-based-routing, cooldown_time: 5, provider_budget_config: { alpha: { budget_limit: 20, time_period: 1d }, beta: { budget_limit: 5, time_period: 45d }, unknown: { budget_limit: 1 } }, model_group_alias: { huge: big } }
general_settings: { master_key: os.environ/MASTER, max_budget: 10 }
environment_variables: { A: b }
`) as Json

test("LiteLLM's models become routes over providers, with their fallbacks behind them", async () => {
  const imported = importLitellm(litellm, known)
  assert.deepEqual(imported.config, {
    providers: {
      alpha: { type: 'alpha', apiKey: 'env:MY_ALPHA' },
      account: {
        type: 'account',
        apiKey: 'env:ACCOUNT_API_KEY',
        baseUrl: 'https://x.account.example/openai/v1',
      },
      beta: { type: 'beta', apiKey: 'env:BETA_API_KEY' },
      'alpha-2': { type: 'alpha' },
      places: {
        type: 'places',
        apiKey: 'file:/etc/account.json',
        baseUrl: 'https://places.example/projects/p/locations/eu',
      },
    },
    routes: {
      'big-pool': {
        strategy: 'fastest',
        targets: [{ target: 'alpha/alf-large', timeout: { totalMs: 30_000 } }, 'account/deployed'],
      },
      big: { targets: ['big-pool', 'beta/org/small'], retry: { attempts: 3 } },
      small: { targets: ['beta/org/small'], retry: { attempts: 3 } },
      bare: { targets: ['alpha-2/alf-mini'], retry: { attempts: 3 } },
      place: { targets: ['places/m'], retry: { attempts: 3 } },
      huge: { targets: ['big-pool', 'beta/org/small'], retry: { attempts: 3 } },
    },
    models: { 'alpha/alf-large': { contextWindow: 1000, price: { input: 2.5 } } },
    keys: [{ name: 'master', secret: 'env:MASTER' }],
    budgets: [
      { scope: 'model', subject: 'alpha/alf-large', usd: 100, period: 'month', cap: 'hard' },
      { scope: 'organisation', usd: 1000, period: 'total', cap: 'hard' },
      { scope: 'user', usd: 0.5, period: 'day', cap: 'hard' },
      { scope: 'user', usd: 2, period: 'total', cap: 'hard' },
      { scope: 'provider', subject: 'alpha', usd: 20, period: 'day', cap: 'hard' },
      { scope: 'provider', subject: 'alpha-2', usd: 20, period: 'day', cap: 'hard' },
    ],
  })
  const shape = checkShape(imported.config)
  assert.ok('settings' in shape, JSON.stringify(shape))
})

test('what LiteLLM has and the result has not is listed, each with its path; a secret is not repeated', () => {
  const { config, notCarried } = importLitellm(litellm, known)
  for (const path of [
    'router_settings.provider_budget_config.beta',
    'router_settings.provider_budget_config.unknown',
    'model_list[0].model_info.mode',
    'model_list[1].litellm_params.api_version',
    'model_list[1].litellm_params.api_key',
    'model_list[6].litellm_params.model',
    'litellm_settings.drop_params',
    'litellm_settings.context_window_fallbacks',
    'router_settings.cooldown_time',
    'general_settings.max_budget',
    'environment_variables',
  ]) {
    assert.ok(
      notCarried.some((line) => line.startsWith(`${path}: `)),
      path,
    )
  }
  assert.ok(!JSON.stringify([config, notCarried]).includes(inline))
})

const portkey = parse(`{
  "strategy": { "mode": "fallback", "on_status_codes": [429] },
  "retry": { "attempts": 2 },
  "cache": { "mode": "simple" },
  "targets": [
    { "provider": "alpha", "api_key": "${inline}", "overrideParams": { "model": "alf-1", "temperature": 0 }, "request_timeout": 5000 },
    { "strategy": { "mode": "loadbalance" }, "targets": [
      { "virtual_key": "beta-prod-258f4d", "weight": 0.7, "override_params": { "model": "b" } },
      { "provider": "account-openai", "api_key": "${inline}", "resource_name": "res", "deployment_id": "dep", "weight": 0.3 }
    ] },
    { "provider": "unknown-one", "override_params": { "model": "x" } }
  ]
}`) as Json

test("Portkey's strategies become routes, one within the other", async () => {
  const imported = importPortkey(portkey, 'my config', known)
  assert.deepEqual(imported.config, {
    providers: {
      alpha: { type: 'alpha', apiKey: 'env:ALPHA_API_KEY' },
      beta: { type: 'beta', apiKey: 'env:BETA_PROD_258F4D_KEY' },
      account: {
        type: 'account',
        apiKey: 'env:ACCOUNT_API_KEY',
        baseUrl: 'https://res.account.example/openai/v1',
      },
    },
    routes: {
      'my-config-2': {
        strategy: 'weighted',
        targets: [
          { target: 'beta/b', weight: 0.7 },
          { target: 'account/dep', weight: 0.3 },
        ],
      },
      'my-config': {
        targets: [{ target: 'alpha/alf-1', timeout: { totalMs: 5000 } }, 'my-config-2'],
        retry: { attempts: 3 },
      },
    },
  })
  for (const path of [
    'strategy.on_status_codes',
    'cache',
    'targets[0].override_params.temperature',
    'targets[2]',
  ]) {
    assert.ok(
      imported.notCarried.some((line) => line.startsWith(`${path}: `)),
      path,
    )
  }
  assert.ok(!JSON.stringify(imported).includes(inline))
  assert.deepEqual(await faultsOf(imported), [])
})

test('deployments are weighted as LiteLLM weighs them, and groups that fall back on each other make no cycle', async () => {
  const deployment = (group: string, model: string, more: object = {}) => ({
    model_name: group,
    litellm_params: { model: `alpha/${model}`, api_key: 'os.environ/K', ...more },
  })
  const imported = importLitellm(
    {
      model_list: [
        deployment('a', 'one', { weight: 3 }),
        deployment('a', 'two', { rpm: 10 }),
        deployment('b', 'three', { weight: 0 }),
        deployment('b', 'four'),
        deployment('c', 'five', { weight: 2 }),
        deployment('c', 'six'),
        deployment('a-pool', 'seven'),
      ],
      router_settings: { fallbacks: [{ a: ['b'] }, { b: ['a'] }] },
    },
    known,
  )
  assert.deepEqual(imported.config['routes'], {
    'a-pool-2': {
      strategy: 'weighted',
      targets: [
        { target: 'alpha/one', weight: 3 },
        { target: 'alpha/two', weight: 10 },
      ],
    },
    'b-pool': { strategy: 'weighted', targets: ['alpha/three', 'alpha/four'] },
    a: { targets: ['a-pool-2', 'b-pool'] },
    b: { targets: ['b-pool', 'a-pool-2'] },
    c: { strategy: 'weighted', targets: [{ target: 'alpha/five', weight: 2 }, 'alpha/six'] },
    'a-pool': { targets: ['alpha/seven'] },
  })
  assert.deepEqual(await faultsOf(imported), [])
})

test('two keys of one provider are two providers; one secret written twice is one', () => {
  const target = (key: string) => ({ provider: 'alpha', api_key: key, override_params: { model: 'm' } })
  const { config } = importPortkey(
    { strategy: { mode: 'fallback' }, targets: [target('one'), target('two'), target('one')] },
    'r',
    known,
  )
  assert.deepEqual(config['providers'], {
    alpha: { type: 'alpha', apiKey: 'env:ALPHA_API_KEY' },
    'alpha-2': { type: 'alpha', apiKey: 'env:ALPHA_API_KEY_2' },
  })
})

test('any document of either kind is converted to a configuration that has the right shape', () => {
  const model = fc.constantFrom(
    'alpha/alf-1',
    'beta_ai/x/y',
    'alf-2',
    'account/d',
    'nobody/x',
    '*',
    'alpha/*',
    '',
  )
  const word = fc.oneof(
    fc.constantFrom('os.environ/A', 'os.environ/', 'https://h', 'http://h:1/p', '%', ' '),
    fc.string(),
  )
  const params = fc.record(
    { model, api_key: word, api_base: word, timeout: fc.oneof(fc.double(), word), vertex_project: word },
    { requiredKeys: [] },
  )
  const litellmSource = fc.record({
    model_list: fc.array(
      fc.record({
        model_name: fc.oneof(model, word),
        litellm_params: params,
        model_info: fc.record({
          max_input_tokens: fc.double(),
          input_cost_per_token: fc.oneof(fc.double(), word),
        }),
      }),
    ),
    router_settings: fc.oneof(
      fc.record({ num_retries: fc.integer(), fallbacks: fc.array(fc.dictionary(word, fc.array(word))) }),
      word,
    ),
  })
  const portkeySource = fc.letrec((tie) => ({
    node: fc.record(
      {
        provider: fc.constantFrom('alpha', 'beta-ai', '@alpha-x', 'other'),
        api_key: word,
        custom_host: word,
        override_params: fc.record({ model }, { requiredKeys: [] }),
        strategy: fc.record({ mode: fc.constantFrom('fallback', 'loadbalance', 'single', 'conditional') }),
        retry: fc.record({ attempts: fc.integer() }),
        targets: fc.array(tie('node'), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
  })).node
  const check = ({ config, notCarried }: Imported): void => {
    const shape = checkShape(parse(stringify(config)))
    const text = 'findings' in shape ? JSON.stringify([config, shape.findings]) : ''
    assert.ok('settings' in shape, text)
    for (const line of notCarried) assert.match(line, /: ./)
  }
  fc.assert(
    fc.property(litellmSource, (source) => check(importLitellm(source as Json, known))),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(portkeySource, (source) => check(importPortkey(source as Json, 'r', known))),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.jsonValue(), (source) => {
      check(importLitellm(source as Json, known))
      check(importPortkey(source as Json, 'r', known))
    }),
  )
})
