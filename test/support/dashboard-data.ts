/** A gateway with something to see on every page of the dashboard, and the pages with what they then show. */

import assert from 'node:assert/strict'
import { type AdminClient, withAdmin } from '../../src/cli/admin-client.ts'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { batchClient, chatLine } from './batches.ts'
import { corpus } from './hostile-data.ts'
import { createPerson } from './people.ts'
import { type Lifetime, type Stack, startStack } from './stack.ts'
import { until } from './until.ts'

export interface FilledPage {
  readonly name: string
  readonly path: string
  /** A text that is there once the page's data is. */
  readonly shows: string
}

export interface Filled {
  readonly stack: Stack
  readonly pages: readonly FilledPage[]
}

const routes: JsonObject = {
  clerk: { targets: ['openai/clerk'] },
  helper: { targets: ['openai/words-20'] },
  greeter: {
    strategy: 'experiment',
    targets: ['openai/words-60'],
    experiment: {
      name: 'shorter',
      metric: 'cost',
      minUnits: 20,
      guardrails: [{ metric: 'errors' }],
      arms: [{ name: 'control' }, { name: 'brief', targets: ['openai/words-20'] }],
    },
  },
}

const price = (usd: number): JsonObject => ({ price: { input: usd, output: usd } })

const config: JsonObject = {
  models: { 'openai/words-60': price(4), 'openai/words-20': price(4), 'claude/words-60': price(2) },
  cache: { exact: {} },
  budgets: [{ scope: 'organisation', usd: 100, period: 'month' }],
  payloads: { record: 'on' },
  shadow: [
    {
      route: 'helper',
      target: 'claude/words-60',
      sample: 1,
      judge: { target: 'openai/echo', rubric: 'Short answers are better.' },
    },
  ],
  guardrails: {
    rules: {
      'personal-data': { detect: ['email', 'phone'], action: 'redact' },
      'project-names': { words: ['heron', 'grey wagtail'], action: 'block' },
      length: { maxCharacters: 400, action: 'flag' },
    },
    routes: { helper: ['personal-data', 'project-names', 'length'] },
  },
  secrets: { stored: { key: 'env:SEALING_KEY' } },
}

export interface FillOptions {
  /** What a gateway has left there before; absent: none has. */
  readonly dataDir?: string
  /** The first target of `assistant`, which fails, so that the second one answers. */
  readonly unsteady?: string
  readonly userBudgetUsd?: string
  readonly batch?: BatchOfLines
  readonly simulator?: SimulatorOptions
}

interface BatchOfLines {
  readonly lines: number
  /** One of so many fails. */
  readonly failing: number
}

export async function startFilled(t: Lifetime, options: FillOptions = {}): Promise<Filled> {
  const { dataDir, unsteady = 'openai/fault/http-503', userBudgetUsd = '0.02' } = options
  const { batch: size = { lines: 24, failing: 8 } } = options
  const assistant = { strategy: 'ordered', targets: [unsteady, 'claude/claude-sonnet-4-5'] }
  const stack = await startStack(t, {
    config: { ...config, routes: { assistant, ...routes } },
    env: { SEALING_KEY: 'seals-what-is-stored-0123456789abcdef' },
    names: corpus,
    ...(dataDir !== undefined && { dataDir }),
    ...(options.simulator && { simulator: options.simulator }),
  })
  const fails = { match: { model: unsteady.slice(unsteady.indexOf('/') + 1) }, respond: 'fault/http-503' }
  stack.simulator.setScenario({ rules: [fails] })
  return withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    const owners = await fillAccess(stack, admin, userBudgetUsd)
    await fillRequests(stack)
    await fillHelper(stack)
    await fillExperiment(stack)
    await fillSession(stack)
    const run = await fillEvaluation(stack, admin)
    const batch = await fillBatch(stack, size)
    const alarm = await fillDrift(stack, admin)
    await fillRoutes(admin)
    const { data } = await stack.admin('/requests?route=assistant')
    const failedOver = asArray(data)
      .map(asObject)
      .find((row) => row?.['attempt_count'] === 2)
    const request = asString(failedOver?.['id']) ?? ''
    return { stack, pages: pagesOf({ run, batch, alarm, request, ...owners }) }
  })
}

/** A gateway with a golden set whose model refuses since its baseline was recorded. */
export async function startDrifted(t: Lifetime): Promise<Stack> {
  const stack = await startStack(t, { config: { routes } })
  await withAdmin({ data: stack.gateway.config.dataDir }, (admin) => fillDrift(stack, admin))
  return stack
}

type Ids = Readonly<Record<'run' | 'batch' | 'alarm' | 'request' | 'key' | 'team' | 'user', string>>

function pagesOf(ids: Ids): FilledPage[] {
  const page = (name: string, path: string, shows: string): FilledPage => ({ name, path, shows })
  return [
    page('overview', '/overview', 'of them failed'),
    page('requests', '/requests?route=assistant', 'claude-sonnet-4-5'),
    page('request', `/requests/${ids.request}`, 'Tokens by part'),
    page('sessions', '/sessions', 'onboarding'),
    page('session', '/sessions/onboarding', 'New turn'),
    page('spend', '/spend', 'Per 1k requests'),
    page('alerts', '/alerts', 'No channel is configured'),
    page('keys', '/keys', 'mobile app'),
    page('key', `/keys/${ids.key}`, 'Requests per minute'),
    page('teams', '/teams', 'Support'),
    page('team', `/teams/${ids.team}`, 'ada@example.com'),
    page('users', '/users', 'member of Support'),
    page('user', `/users/${ids.user}`, 'by password'),
    page('budgets', '/budgets', 'Everything'),
    page('routes', '/routes', 'assistant'),
    page('route', '/routes/assistant', 'slower than the other'),
    page('revision', '/routes/assistant/2', 'Live @1 → @2'),
    page('providers', '/providers', 'Anthropic'),
    page('guardrails', '/guardrails', '1 email'),
    page('cache', '/cache', 'misses'),
    page('models', '/models?q=sonnet', 'claude-sonnet-4-5'),
    page('playground', '/playground?target=openai/words-60,claude/echo', 'Message'),
    page('evals', '/evals', 'returns desk'),
    page('evaluation', `/evals/${ids.run}`, 'case-1'),
    page('evaluation-case', `/evals/${ids.run}/case-1`, 'May I send order 0 back?'),
    page('evaluation-new', '/evals/new', 'the prompts and tables that it names'),
    page('experiments', '/experiments', 'greeter'),
    page('experiment', '/experiments/greeter', 'brief minus control'),
    page('shadow', '/shadow', 'claude/words-60'),
    page('shadow-route', '/shadow/helper', 'answered'),
    page('drift', '/drift', 'alarm'),
    page('golden-set', '/drift/shop', 'Answers that changed most'),
    page('golden-alarm', `/drift/shop/alarms/${ids.alarm}`, 'Answers that changed most'),
    page('batches', '/batches', 'completed'),
    page('batch', `/batches/${ids.batch}`, '/v1/chat/completions'),
    page('audit', '/audit', 'budget.create'),
    page('settings', '/settings?section=server', 'limits.maxBodyBytes'),
    page('welcome', '/welcome', 'Listening for your first request'),
  ]
}

async function fillAccess(
  stack: Stack,
  admin: AdminClient,
  userBudgetUsd: string,
): Promise<Pick<Ids, 'key' | 'team' | 'user'>> {
  const create = async (path: string, body: JsonObject) => {
    const created = asObject(await admin.post(path, body))
    return asString(created?.['id']) ?? ''
  }
  const team = await create('/teams', { name: 'Support', markup_percent: 5, credit_usd: '250' })
  const { id: user } = await createPerson(stack, 'Ada', [{ role: 'member', team }], { team })
  const limits = { rpm: 600 }
  const key = await create('/keys', { name: 'mobile app', team, limits, models: ['assistant', 'openai/*'] })
  await create('/keys', { name: "Ada's notebook", user })
  await create('/budgets', { scope: 'key', subject: 'test', usd: '0.05', period: 'day', cap: 'soft' })
  await create('/budgets', { scope: 'team', usd: '40', period: 'month', cap: 'hard' })
  const week = { period: 'week', cap: 'soft', window: 'rolling' }
  await create('/budgets', { scope: 'user', usd: userBudgetUsd, ...week })
  await admin.post('/secrets', { name: 'openai', value: 'sk-0123456789abcdef' })
  return { key, team, user }
}

const ask = async (stack: Stack, model: string, content: string, headers: Record<string, string> = {}) => {
  const body = { model, messages: [{ role: 'user', content }] }
  await (await stack.post('/v1/chat/completions', body, headers)).text()
}

/** What guardrails look at, and a candidate is asked too. */
async function fillHelper(stack: Stack): Promise<void> {
  const asked = [
    'Where is my parcel?',
    'Write to ada@example.org.',
    'Call me at +49 30 901820.',
    'What is the heron?',
    `And then? ${'I waited. '.repeat(50)}`,
  ]
  for (const content of asked) await ask(stack, 'helper', content)
  await until(
    'the comparisons',
    async () => {
      const { data } = await stack.admin('/shadow/helper/comparisons')
      return asArray(data).length >= 3 ? true : undefined
    },
    30_000,
    50,
  )
}

/** Enough callers to be looked at, with looks in between. */
async function fillExperiment(stack: Stack): Promise<void> {
  for (let group = 1; group <= 8; group++) {
    const sessions = Array.from({ length: 20 }, (_, n) => `caller-${group}-${n}`)
    const hello = (name: string) =>
      ask(stack, 'greeter', `Good morning${', and again'.repeat(Number(name.at(-1)))}!`, {
        'x-weir-session': name,
      })
    await Promise.all(sessions.map(hello))
    await until('their units', () => areCounted(stack, group * 20), 30_000, 50)
  }
}

/** Whether the experiment of `greeter` has counted so many callers: their records come a moment after the answers. */
async function areCounted(stack: Stack, units: number): Promise<true | undefined> {
  const { arms } = await stack.admin('/experiments/greeter')
  const counted = asArray(arms).reduce<number>((sum, arm) => sum + Number(asObject(arm)?.['units']), 0)
  return counted >= units ? true : undefined
}

async function fillRequests(stack: Stack): Promise<void> {
  const messages = [{ role: 'user', content: 'How long do I have to send it back?' }]
  const models = [
    'openai/words-60',
    'claude/echo',
    'assistant',
    'google/words-20',
    'openai/fault/http-429',
    'mistral/echo',
  ]
  for (let n = 0; n < 48; n++) {
    const model = models[n % models.length]!
    const response = await stack.post(
      '/v1/chat/completions',
      { model, messages, stream: n % 2 === 0, ...(model === 'assistant' && { logit_bias: { 5: 1 } }) },
      {
        'x-weir-user': `user-${n % 5}`,
        'x-weir-session': `talk-${n % 3}`,
        'x-weir-tags': 'support',
        // Every fourth is asked anew, so that there are misses beside the hits.
        ...(n % 4 > 0 && { 'x-weir-cache': 'refresh' }),
      },
    )
    await response.text()
  }
}

/** A conversation that sends all of itself each time. */
async function fillSession(stack: Stack): Promise<void> {
  const messages = [{ role: 'system', content: 'You help people to settle in. '.repeat(8) }]
  for (let turn = 0; turn < 10; turn++) {
    messages.push({ role: 'user', content: `Question ${turn}: where do I find the form for my laptop?` })
    const response = await stack.post(
      '/v1/chat/completions',
      { model: 'claude/claude-sonnet-4-5', messages },
      { 'x-weir-session': 'onboarding', 'x-weir-user': 'user-1' },
    )
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
    messages.push({ role: 'assistant', content: choices[0]!.message.content })
  }
}

/** Every fourth case asks for what the answer, an echo, does not hold. */
const suite = {
  name: 'returns desk',
  prompts: ['{{question}}'],
  candidate: 'openai/echo',
  baseline: 'claude/echo',
  repeat: 3,
  tests: Array.from({ length: 16 }, (_, index) => ({
    id: `case-${index + 1}`,
    vars: { question: `May I send order ${index} back?` },
    assert: [{ type: 'contains', value: index % 4 === 0 ? 'refund' : `order ${index}` }],
  })),
  gate: { margin: 0.05, latencyP95: { maxMs: 15_000 }, maxErrorRate: 0.02 },
}

async function fillEvaluation(stack: Stack, admin: AdminClient): Promise<string> {
  const files = { 'suite.yaml': JSON.stringify(suite) }
  const id = asString(asObject(await admin.post('/evals', { entry: 'suite.yaml', files }))?.['id']) ?? ''
  const isOver = async () => ((await stack.admin(`/evals/${id}`))['status'] === 'running' ? undefined : true)
  await until('the end of the evaluation', isOver, 30_000)
  return id
}

async function fillBatch(stack: Stack, { lines: length, failing }: BatchOfLines): Promise<string> {
  const batches = batchClient(stack.gateway.url)
  const lines = Array.from({ length }, (_, index) =>
    chatLine(`line-${index}`, index % failing === 5 ? 'openai/fault/http-400' : 'openai/echo'),
  )
  const id = await batches.submit(lines)
  await batches.ended(id)
  return id
}

const facts = [
  'Goods may be sent back within 14 days.',
  'Shipping costs 6.90 francs.',
  'The warranty is 24 months.',
  'Parcels arrive in 2 to 3 days.',
  'The store opens at 9.',
  'Gift cards are valid for 5 years.',
  'An order may hold 30 items.',
  'Invoices are due within 30 days.',
]

/** A model that answered well while the baseline was recorded, and refuses since; gives the alarm. */
async function fillDrift(stack: Stack, admin: AdminClient): Promise<string> {
  const golden = {
    name: 'shop',
    target: 'clerk@1',
    samples: 3,
    baseline: { runs: 12 },
    prompts: facts.map((fact, at) => ({
      id: `fact-${at}`,
      prompt: `${fact} What is the rule?`,
      assert: [{ type: 'contains', value: fact.replace(/\.$/, '') }],
    })),
  }
  const run = (more: JsonObject) =>
    admin.post('/drift/runs', {
      file: 'golden.yaml',
      files: { 'golden.yaml': JSON.stringify(golden) },
      ...more,
    })
  await run({ baseline: true, times: 12 })
  await run({ times: 3 })
  stack.simulator.setScenario({ rules: [{ match: { model: 'clerk' }, respond: 'clerk-refusing' }] })
  await run({ times: 3 })
  const { data } = await stack.admin('/drift')
  const alarm = asObject(asObject(asArray(data)[0])?.['alarm'])
  assert.ok(alarm, 'a model that refuses raises an alarm')
  return asString(alarm['id']) ?? ''
}

async function fillRoutes(admin: AdminClient): Promise<void> {
  const revise = (settings: JsonObject) => admin.post('/routes/assistant/revisions', { settings })
  await revise({ strategy: 'weighted', targets: ['openai/words-60', 'claude/claude-sonnet-4-5'] })
  await admin.post('/routes/assistant/rollback', { reason: 'slower than the other' })
  await admin.post('/routes/clerk/hold', { reason: 'the model is being looked at' })
}
