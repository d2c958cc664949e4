/** Batches that go to the providers' own batches: every API, what is billed, what fails, and what is left to the queue. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { asOwner } from '../support/people.ts'
import { serveProcess } from '../support/process.ts'
import { adminToken, type Stack, startStack, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const native = { native: true }
const bodyOf = (line: JsonObject | undefined) => asObject(asObject(line?.['response'])?.['body'])
const idsOf = (lines: readonly JsonObject[]) => lines.map(({ custom_id: id }) => asString(id))
/** Requests that the providers did in batches, and those that they were sent one by one. */
function calls({ simulator }: Stack) {
  const billed = simulator.receipts().filter(({ billed }) => billed !== null)
  return {
    batched: billed.filter(({ batch }) => batch !== undefined),
    single: billed.filter(({ batch }) => batch === undefined),
  }
}

/** Of processes on a machine that other tests are at. */
const slowMs = 30_000
const byNumber = (a: unknown, b: unknown) => Number(a) - Number(b)

const targets = [
  ['openai', 'openai/gpt-5-mini', '/batches'],
  ['openai-compatible by its row', 'mistral/mistral-small-latest', '/batch/jobs'],
  ['anthropic', 'claude/claude-haiku-4-5', '/messages/batches'],
  ['gemini', 'google/gemini-2.5-flash', ':batchGenerateContent'],
] as const

const creations = ({ simulator }: Pick<Stack, 'simulator'>) =>
  simulator
    .receipts()
    .filter(({ method, path }) => method === 'POST' && targets.some(([, , end]) => path.endsWith(end)))

for (const [name, model, path] of targets) {
  test(`${name}: lines go to the provider's batch, and each is billed once at its discount`, async (t) => {
    const stack = await startStack(t)
    const client = batchClient(stack.gateway.url)
    const lines = ['a', 'b', 'c'].map((id) => chatLine(id, model))
    const batch = await client.ended(await client.submit(lines, native))
    assert.deepEqual(asObject(batch['request_counts']), { total: 3, completed: 3, failed: 0 })
    const output = await client.lines(batch['output_file_id'])
    assert.deepEqual(idsOf(output), ['a', 'b', 'c'])
    assert.match(JSON.stringify(bodyOf(output[1])), /"object":"chat.completion".*I am b/)

    const { batched, single } = calls(stack)
    assert.deepEqual([batched.length, single.length], [3, 0])
    assert.equal(
      stack.simulator.receipts().filter((each) => each.method === 'POST' && each.path.endsWith(path)).length,
      1,
    )
    const ledger = asArray((await stack.admin('/ledger?limit=100'))['data']).map((each) => asObject(each)!)
    const settled = ledger.filter(({ kind }) => kind === 'settle')
    assert.equal(settled.length, 3)
    const received = batched.map(({ billed }) => billed!.outputTokens)
    assert.deepEqual(
      settled.map((line) => line['output_tokens']).toSorted(byNumber),
      received.toSorted(byNumber),
    )
    assert.deepEqual(new Set(settled.map((line) => line['tier'])), new Set(['batch']))
    const cost = Number(asObject(batch['weir'])?.['cost_usd'])
    assert.ok(cost > 0)
    // The same by the queue costs twice as much.
    const queued = await client.ended(await client.submit(lines))
    assert.ok(Math.abs(Number(asObject(queued['weir'])?.['cost_usd']) - 2 * cost) < 1e-8)
    assert.equal(calls(stack).single.length, 3)
    await until('a record of every request', async () =>
      asArray((await stack.admin(`/requests?limit=100`))['data']).length === 6 ? true : undefined,
    )
    const proof = await stack.admin('/ledger/verify')
    assert.deepEqual([proof['differences'], proof['open']], [[], 0])
  })
}

const price = { input: 1, output: 4 }
const priced = {
  models: Object.fromEntries(
    ['openai', 'mistral', 'claude', 'google'].map((name) => [`${name}/*`, { price }]),
  ),
}
const providers = ['openai', 'mistral', 'claude', 'google'] as const
const sixOf = (model: string) => Array.from({ length: 6 }, (_, n) => chatLine(`line-${n}`, model))
const six = ['line-0', 'line-1', 'line-2', 'line-3', 'line-4', 'line-5']

/** Of one provider. */
const callsAt = (stack: Stack, provider: string) => {
  const path = provider === 'claude' ? '/anthropic/' : provider === 'google' ? '/gemini/' : `/${provider}/`
  const isAt = (receipt: { path: string }) => receipt.path.startsWith(path)
  const { batched, single } = calls(stack)
  return [batched.filter(isAt).length, single.filter(isAt).length, creations(stack).filter(isAt).length]
}

for (const [fault, batched] of [
  ['batch-refused', 0],
  ['batch-expires', 0],
  ['batch-partly', 3],
] as const) {
  test(`${fault}: what the provider's batch leaves undone is done by the queue`, async (t) => {
    const stack = await startStack(t, { config: priced })
    const client = batchClient(stack.gateway.url)
    const prove = async (provider: string) => {
      const batch = await client.ended(await client.submit(sixOf(`${provider}/fault/${fault}@1`), native))
      assert.deepEqual(asObject(batch['request_counts']), { total: 6, completed: 6, failed: 0 }, provider)
      assert.deepEqual(idsOf(await client.lines(batch['output_file_id'])), six)
      assert.deepEqual(callsAt(stack, provider), [batched, 6 - batched, 1], provider)
    }
    await Promise.all(providers.map(prove))
    const proof = await stack.admin('/ledger/verify')
    assert.deepEqual([proof['differences'], proof['open']], [[], 0])
  })
}

test('a batch whose creation was not answered is found, and not made again', async (t) => {
  const stack = await startStack(t, { config: priced })
  const client = batchClient(stack.gateway.url)
  const prove = async (provider: string) => {
    // There is another one of the same size.
    const other = await client.submit(sixOf(`${provider}/fault/batch-takes-100ms`), native)
    const id = await client.submit(sixOf(`${provider}/fault/batch-lost`), native)
    for (const each of [id, other]) {
      const batch = await client.ended(each)
      assert.deepEqual(asObject(batch['request_counts']), { total: 6, completed: 6, failed: 0 }, provider)
    }
    assert.deepEqual(callsAt(stack, provider), [12, 0, 2], provider)
  }
  await Promise.all(providers.map(prove))
})

test('errors of single lines: what the caller must mend is told, what may pass is tried by the queue', async (t) => {
  const stack = await startStack(t, { config: priced })
  const client = batchClient(stack.gateway.url)
  const prove = async (provider: string) => {
    const id = await client.submit(
      [
        chatLine('good', `${provider}/fault/batch-takes-1ms`),
        chatLine('bad', `${provider}/fault/http-400`),
        chatLine('busy', `${provider}/fault/http-503@1`),
      ],
      native,
    )
    const batch = await client.ended(id)
    const counts = asObject(batch['request_counts'])
    assert.deepEqual(counts, { total: 3, completed: 2, failed: 1 }, provider)
    assert.deepEqual(idsOf(await client.lines(batch['output_file_id'])), ['good', 'busy'])
    const [error] = await client.lines(batch['error_file_id'])
    assert.deepEqual([error?.['custom_id'], asObject(error?.['response'])?.['status_code']], ['bad', 400])
  }
  await Promise.all(providers.map(prove))
})

test('lines that no provider can have in a batch go by the queue, beside those that one can', async (t) => {
  const stack = await startStack(t, {
    config: {
      ...priced,
      routes: {
        first: { targets: ['openai/gpt-5-mini', 'deepseek/deepseek-chat'], prompt: 'Be brief.' },
        mixed: { strategy: 'weighted', targets: ['openai/gpt-5-mini', 'deepseek/deepseek-chat'] },
      },
    },
  })
  const client = batchClient(stack.gateway.url)
  const strict = { 'x-weir-strict': '1' }
  const tags = ['mine', 'x'.repeat(100), ...Array.from({ length: 30 }, (_, n) => `tag-${n}`)]
  const lines = [
    chatLine('route', 'first'),
    chatLine('weighted', 'mixed'),
    chatLine('no-batches', 'deepseek/deepseek-chat'),
    { ...chatLine('strict', 'openai/gpt-5-mini'), headers: strict },
    { ...chatLine('tagged', 'openai/gpt-5-mini'), headers: { 'x-weir-tags': tags.join() } },
    { ...chatLine('tagged-strict', 'openai/gpt-5-mini'), headers: { ...strict, 'x-weir-tags': tags.join() } },
    chatLine('names-too-much', 'openai/gpt-5-mini', { user: 'x'.repeat(600) }),
  ]
  const batch = await client.ended(await client.submit(lines, native))
  assert.deepEqual(asObject(batch['request_counts']), { total: 7, completed: 6, failed: 1 })
  const [refused] = await client.lines(batch['error_file_id'])
  assert.deepEqual(
    [refused?.['custom_id'], asObject(refused?.['response'])?.['status_code']],
    ['names-too-much', 400],
  )
  const done = calls(stack)
  const asked = done.batched.map(({ body }) => JSON.stringify(body))
  assert.deepEqual([asked.length, done.single.length], [2, 4])
  assert.ok(asked.some((text) => text.includes('Be brief.') && text.includes('I am route')))
  // The same by both ways: as many as any request may have, of which one is the batch's.
  const tagged = asArray((await stack.admin('/ledger?limit=100&tag=mine'))['data']).map((line) =>
    asObject(line)!,
  )
  const settled = tagged.filter(({ kind }) => kind === 'settle')
  assert.equal(settled.length, 2)
  const kept = [`batch:${String(batch['id'])}`, 'mine', 'x'.repeat(64), ...tags.slice(2, 19)]
  for (const line of settled) assert.deepEqual(line['tags'], kept)
})

test('a cap on the batch, and budgets, hold for what is at a provider', async (t) => {
  const slow = 'fault/batch-takes-800ms'
  const stack = await startStack(t, {
    config: { ...priced, budgets: [{ scope: 'key', usd: 0.05, period: 'day', cap: 'hard' }] },
  })
  const client = batchClient(stack.gateway.url)
  const held = async () => {
    const [budget] = asArray((await stack.admin('/budgets'))['data']).map((each) => asObject(each))
    const state = asObject(asArray(budget?.['states'])[0]) ?? budget
    return Number(state?.['reserved_usd'] ?? 0)
  }
  const lines = ['a', 'b', 'c'].map((id) => chatLine(id, `openai/${slow}`, { max_tokens: 1000 }))
  const id = await client.submit(lines, native)
  await until('the reservation', async () => ((await held()) > 0.006 ? true : undefined))
  const ended = await client.ended(id)
  assert.deepEqual(asObject(ended['request_counts']), { total: 3, completed: 3, failed: 0 })
  await until('nothing is held', async () => ((await held()) === 0 ? true : undefined))

  // What the budget has no room for is refused line by line, as it is without a provider's batch.
  stack.simulator.reset()
  const dear = ['a', 'b'].map((name) => chatLine(name, `openai/${slow}`, { max_tokens: 900_000 }))
  const refused = await client.ended(await client.submit(dear, native))
  assert.deepEqual(asObject(refused['request_counts']), { total: 2, completed: 0, failed: 2 })
  assert.equal(creations(stack).length, 0)

  // Two of three fit below the batch's own cap; the third waits for them, and costs more than is left without them.
  stack.simulator.reset()
  const capped = await client.ended(await client.submit(lines, { ...native, max_usd: 0.005 }))
  assert.deepEqual(asObject(capped['request_counts']), { total: 3, completed: 2, failed: 0 })
  const [left] = await client.lines(capped['error_file_id'])
  assert.equal(asObject(left?.['error'])?.['code'], 'max_usd_reached')
  const done = calls(stack)
  assert.deepEqual([done.batched.length, done.single.length], [2, 0])
})

test('what is held for a batch at a provider has the mark-up of the team in it', async (t) => {
  const stack = await startStack(t, { config: priced })
  const owner = asOwner(stack)
  const team = await owner('POST', '/teams', { name: 'resold', markup_percent: 50 })
  const { body: key } = await owner('POST', '/keys', { name: 'customer', team: team.body['id']! })
  const client = batchClient(stack.gateway.url, asString(key['secret'])!)
  const lines = ['a', 'b', 'c'].map((id) => chatLine(id, 'openai/words-5', { max_tokens: 1000 }))
  // Without it, two would fit.
  const batch = await client.ended(await client.submit(lines, { ...native, max_usd: 0.005 }))
  assert.deepEqual(asObject(batch['request_counts']), { total: 3, completed: 1, failed: 0 })
  const done = calls(stack)
  assert.deepEqual([done.batched.length, done.single.length], [1, 0])
})

test('a mark-up that is raised while the provider has the lines is not theirs', async (t) => {
  const stack = await startStack(t, { config: priced })
  const owner = asOwner(stack)
  const team = await owner('POST', '/teams', { name: 'resold', markup_percent: 50 })
  const { body: key } = await owner('POST', '/keys', { name: 'customer', team: team.body['id']! })
  const client = batchClient(stack.gateway.url, asString(key['secret'])!)
  const lines = ['a', 'b'].map((id) => chatLine(id, 'openai/fault/batch-takes-800ms', { max_tokens: 1000 }))
  const id = await client.submit(lines, { ...native, max_usd: 0.007 })
  await until('the batch at the provider', () => (creations(stack).length === 1 ? true : undefined))
  const raised = await owner('PATCH', `/teams/${asString(team.body['id'])!}`, { markup_percent: 1000 })
  assert.equal(raised.body['markup_percent'], 1000)
  const batch = await client.ended(id)
  assert.deepEqual(asObject(batch['request_counts']), { total: 2, completed: 2, failed: 0 })
  assert.equal(calls(stack).batched.length, 2)
  const ledger = asArray((await stack.admin('/ledger?limit=100'))['data']).map((each) => asObject(each)!)
  const settled = ledger.filter(({ kind }) => kind === 'settle')
  assert.equal(settled.length, 2)
  for (const { charged_usd: charged, provider_cost_usd: cost } of settled) {
    assert.ok(Math.abs(Number(charged) - 1.5 * Number(cost)) < 2e-9, `${String(charged)} of ${String(cost)}`)
  }
})

test('a batch that is cancelled is cancelled at the provider, and keeps what was done', async (t) => {
  const stack = await startStack(t, { config: priced })
  const client = batchClient(stack.gateway.url)
  const prove = async (provider: string) => {
    const id = await client.submit(sixOf(`${provider}/fault/batch-takes-10m`), native)
    await until('the creation', () => (callsAt(stack, provider)[2] === 1 ? true : undefined))
    await client.request(`/v1/batches/${id}/cancel`, { method: 'POST' })
    const batch = await client.ended(id)
    assert.equal(batch['status'], 'cancelled')
    assert.equal((await client.lines(batch['error_file_id'])).length, 6)
    assert.deepEqual(callsAt(stack, provider), [0, 0, 1], provider)
  }
  await Promise.all(providers.map(prove))
  assert.equal(
    stack.simulator.receipts().filter(({ path }) => path.endsWith('cancel')).length,
    providers.length,
  )
})

test('made through Anthropic’s own API, and asked for by a header', async (t) => {
  const stack = await startStack(t)
  const client = new Anthropic({
    baseURL: stack.gateway.url,
    apiKey: testKey,
    defaultHeaders: { 'x-weir-native': '1' },
  })
  const made = await client.messages.batches.create({
    requests: ['a', 'b'].map((id) => ({
      custom_id: id,
      params: {
        model: 'openai/gpt-5-mini',
        max_tokens: 99,
        messages: [{ role: 'user', content: `I am ${id}` }],
      },
    })),
  })
  await until('its end', async () =>
    (await client.messages.batches.retrieve(made.id)).processing_status === 'ended' ? true : undefined,
  )
  const types: string[] = []
  for await (const { result } of await client.messages.batches.results(made.id)) {
    types.push(result.type === 'succeeded' ? JSON.stringify(result.message.content) : result.type)
  }
  assert.match(types.join(), /I am a.*I am b/)
  assert.deepEqual(callsAt(stack, 'openai'), [2, 0, 1])
})

test('killed at any time, each line is made once: the provider’s batch is found and collected again', async (t) => {
  const simulator = createSimulator({ receiptLimit: 100_000 })
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const folder = createTemporaryFolder()
  const provider = (type: string, path: string) => ({
    type,
    apiKey: 'env:PROVIDER_KEY',
    baseUrl: url + path,
    allowPrivateNetwork: true,
  })
  const config = {
    ...priced,
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    log: { level: 'silent' },
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    providers: {
      openai: provider('openai', '/openai/v1'),
      claude: provider('anthropic', '/anthropic/v1'),
    },
  }
  const serve = () =>
    serveProcess(t, folder, config, {
      WEIR_TEST_KEY: testKey,
      WEIR_ADMIN_TOKEN: adminToken,
      PROVIDER_KEY: 'provider-key-canary-0123456789',
    })
  let gateway = await serve()
  const kill = async () => {
    gateway.child.kill('SIGKILL')
    await gateway.exited
    gateway = await serve()
  }
  const client = () => batchClient(gateway.url)
  const many = (model: string) => Array.from({ length: 1000 }, (_, n) => chatLine(`line-${n}`, model))
  const made = () => creations({ simulator }).length
  // Of one the answer is lost and the gateway ends before it can look; the other is found under way.
  const ids = [
    await client().submit(many('openai/fault/batch-lost'), native),
    await client().submit(many('claude/fault/batch-takes-2s'), native),
  ]
  await until('both are at their providers', () => (made() === 2 ? true : undefined), slowMs)
  await kill()
  await until(
    'some results are in',
    async () => {
      const batches = await Promise.all(ids.map((id) => client().get(id)))
      const done = batches.map((batch) => Number(asObject(batch['request_counts'])?.['completed'] ?? 0))
      return done.some((count) => count > 0) ? true : undefined
    },
    slowMs,
  )
  await kill()
  for (const id of ids) {
    const batch = await client().ended(id)
    assert.deepEqual(asObject(batch['request_counts']), { total: 1000, completed: 1000, failed: 0 })
    const output = await client().lines(batch['output_file_id'])
    assert.deepEqual(idsOf(output), idsOf(many('')))
  }
  assert.equal(made(), 2)
  assert.equal(simulator.receipts().filter(({ batch }) => batch !== undefined).length, 2000)
  const response = await fetch(`${gateway.url}/admin/v1/ledger/verify`, {
    headers: { authorization: `Bearer ${adminToken}` },
  })
  const proof = (await response.json()) as JsonObject
  assert.deepEqual([proof['differences'], proof['open'], proof['settled']], [[], 0, 2000])
})
