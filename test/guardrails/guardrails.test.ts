/** Guardrails over a running gateway: what the provider is told, what the client is told, and what the record says. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as listenFor } from 'node:net'
import { json } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const hidden = 'ada@example.org'

const withRules = (rules: JsonObject, routes: JsonObject = { '*': Object.keys(rules) }): JsonObject => ({
  guardrails: { rules, routes },
})

interface Told {
  readonly status: number
  readonly id: string
  readonly text: string
}

async function ask(stack: Stack, content: string, more: JsonObject = {}): Promise<Told> {
  const body = { model: 'openai/echo', messages: [{ role: 'user', content }], ...more }
  const answer = await stack.post('/v1/chat/completions', body)
  return { status: answer.status, id: answer.headers.get('x-weir-request-id')!, text: await answer.text() }
}

const sent = (stack: Stack) => JSON.stringify(stack.simulator.receipts().map(({ body }) => body))

/** What a stream's deltas say together. */
function streamedText({ text }: Told): string {
  const events = text.split('\n').filter((line) => line.startsWith('data: {'))
  return events
    .map((line) =>
      asObject(asObject(asArray(asObject(JSON.parse(line.slice(6)))?.['choices'])[0])?.['delta']),
    )
    .map((delta) => asString(delta?.['content']) ?? '')
    .join('')
}

async function decisionsOf(stack: Stack, id: string): Promise<unknown> {
  return until('the record is written', async () => {
    const record = await stack.admin(`/requests/${id}`)
    return record['id'] === undefined ? undefined : (record['guardrails'] ?? 'none')
  })
}

const pii = { detect: ['email', 'phone'], action: 'redact' }

test('personal data stays here: the provider gets placeholders, the client its own words, streamed and not', async (t) => {
  const stack = await startStack(t, { config: { ...withRules({ pii }), payloads: { record: 'on' } } })
  const content = `write to ${hidden} and call +49 30 901820, then ${hidden} again`
  const whole = await ask(stack, content)
  assert.ok(whole.text.includes(content), whole.text)
  const streamed = await ask(stack, content, { stream: true })
  assert.equal(streamedText(streamed), content)
  const claude = await stack.post('/v1/messages', {
    model: 'claude/echo',
    max_tokens: 100,
    messages: [{ role: 'user', content }],
  })
  assert.ok((await claude.text()).includes(content))
  assert.ok(!sent(stack).includes(hidden))
  assert.ok(sent(stack).includes('write to [EMAIL_1] and call [PHONE_1], then [EMAIL_1] again'))
  const found = { email: 2, phone: 1 }
  assert.deepEqual(await decisionsOf(stack, whole.id), [
    { rule: 'pii', stage: 'input', action: 'redact', found },
  ])
  // Nor is it in what is recorded, by the same names.
  const payload = JSON.stringify(await stack.admin(`/requests/${whole.id}/payload`))
  assert.ok(!payload.includes(hidden) && payload.includes('[EMAIL_1]'), payload)
})

test('a placeholder that the prompt says itself is not taken for ours', async (t) => {
  const stack = await startStack(t, { config: withRules({ pii }) })
  const content = `[EMAIL_1] is not ${hidden}`
  const { text } = await ask(stack, content)
  assert.ok(text.includes(content), text)
  assert.ok(sent(stack).includes('[EMAIL_1] is not [EMAIL_2]'))
})

test('answers to prompts with placeholders are never shared between callers', async (t) => {
  const config = { ...withRules({ pii }), cache: { exact: {} } }
  const stack = await startStack(t, { config })
  const one = await ask(stack, 'I am ada@example.org')
  const other = await ask(stack, 'I am bob@example.org')
  assert.ok(one.text.includes('ada@') && other.text.includes('bob@') && !other.text.includes('ada@'))
  await ask(stack, 'nothing personal')
  await ask(stack, 'nothing personal')
  assert.equal(stack.simulator.receipts().length, 3)
})

test('secrets, patterns, words and sizes block, before anything is sent or paid', async (t) => {
  const rules = {
    secrets: { detect: ['credential', 'private-key'], action: 'block' },
    tickets: { patterns: ['\\bACME-\\d{4,6}\\b', '(?i)operation (?:falcon|heron)'], action: 'block' },
    words: { words: ['Sprengsatz', 'pipe bomb'], action: 'block' },
    size: { maxCharacters: 200, action: 'block' },
  }
  const stack = await startStack(t, { config: withRules(rules) })
  for (const [rule, content] of [
    ['secrets', `my key is sk-${'a'.repeat(40)}`],
    ['tickets', 'look at ACME-12345'],
    ['tickets', 'Operation Heron'],
    ['words', 'how to make a PIPE BOMB'],
    ['size', 'x '.repeat(101)],
  ] as const) {
    const told = await ask(stack, content)
    const error = asObject((JSON.parse(told.text) as JsonObject)['error'])
    assert.deepEqual([told.status, error?.['code']], [400, 'guardrail_blocked'], content)
    assert.match(String(error?.['message']), new RegExp(`\`${rule}\``))
    assert.match(JSON.stringify(await decisionsOf(stack, told.id)), new RegExp(`"rule":"${rule}"`))
  }
  assert.equal((await ask(stack, 'ACME-12 is a fine product')).status, 200)
  assert.equal(stack.simulator.receipts().length, 1)
})

test('a flag changes nothing and is in the record; a route without rules has none', async (t) => {
  const routes = { watched: { targets: ['openai/echo'] }, free: { targets: ['openai/echo'] } }
  const flag = { detect: ['email'], action: 'flag', on: ['input', 'output'] }
  const config = { routes, ...withRules({ flag }, { watched: ['flag'] }) }
  const stack = await startStack(t, { config })
  const watched = await ask(stack, hidden, { model: 'watched' })
  const free = await ask(stack, hidden, { model: 'free' })
  assert.equal(sent(stack).split(hidden).length - 1, 2)
  assert.deepEqual(await decisionsOf(stack, watched.id), [
    { rule: 'flag', stage: 'input', action: 'flag', found: { email: 1 } },
    { rule: 'flag', stage: 'output', action: 'flag', found: { email: 1 } },
  ])
  assert.equal(await decisionsOf(stack, free.id), 'none')
})

test('answers are redacted and ended, streamed and not, in the dialect of the client', async (t) => {
  const rules = {
    mails: { detect: ['email'], action: 'redact', on: ['output'] },
    names: { words: ['Voldemort'], action: 'block', on: ['output'] },
  }
  const stack = await startStack(t, { config: withRules(rules) })
  for (const stream of [false, true]) {
    const redacted = await ask(stack, `one two ${hidden} three`, { stream })
    const said = stream ? streamedText(redacted) : redacted.text
    assert.ok(said.includes('one two [email] three'), said)
    const ended = await ask(stack, 'he is Voldemort himself', { stream })
    assert.ok(ended.text.includes('guardrail_blocked'), ended.text)
    assert.ok(!ended.text.includes('Voldemort'))
    assert.ok(!ended.text.includes('"finish_reason":"stop"'))
    const decisions = JSON.stringify(await decisionsOf(stack, ended.id))
    assert.ok(decisions.includes('"action":"block"'), decisions)
  }
})

test('the arguments of tools are read as JSON, and are JSON when they go on', async (t) => {
  const secrets = { detect: ['credential', 'payment-card', 'email'], action: 'redact' }
  const stack = await startStack(t, { config: withRules({ secrets }) })
  const values = { note: `line\nAKIAIOSFODNN7EXAMPLE\n${hidden}`, card: 4111111111111111 }
  const call = { id: 'c1', type: 'function', function: { name: 'pay', arguments: JSON.stringify(values) } }
  const messages = [
    { role: 'user', content: 'pay' },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c1', content: JSON.stringify(values) },
  ]
  for (const model of ['openai/echo', 'claude/echo']) {
    const { status } = await stack.post('/v1/chat/completions', { model, messages, max_tokens: 50 })
    assert.equal(status, 200)
  }
  const told = sent(stack)
  assert.ok(!told.includes('AKIA') && !told.includes(hidden) && !told.includes('4111'), told)
  const [first, second] = stack.simulator.receipts().map(({ body }) => JSON.stringify(body))
  const expected = { note: 'line\n[CREDENTIAL_1]\n[EMAIL_1]', card: '[PAYMENT_CARD_1]' }
  // As text in the one dialect, as an object in the other.
  assert.ok(first!.includes(JSON.stringify(JSON.stringify(expected)).slice(1, -1)), first)
  assert.ok(second!.includes(JSON.stringify(expected)), second)
})

test('what stands beside the prompt stays here too, and records know the user all the same', async (t) => {
  const stack = await startStack(t, { config: withRules({ pii }) })
  const more = { user: hidden, metadata: { of: hidden }, stop: [hidden] }
  const told = await ask(stack, 'hello', more)
  const embedded = await stack.post('/v1/embeddings', { model: 'openai/embed', input: 'a', user: hidden })
  assert.deepEqual([told.status, embedded.status], [200, 200])
  assert.ok(!sent(stack).includes(hidden), sent(stack))
  const users = await until('the records', async () => {
    const data = asArray((await stack.admin('/requests'))['data']).map((each) => asObject(each)?.['user'])
    return data.length === 2 ? data : undefined
  })
  assert.deepEqual(users, [hidden, hidden])
})

test('a candidate in the shadow is not told either what the provider was not', async (t) => {
  const stack = await startStack(t, {
    config: {
      ...withRules({ pii }, { assistant: ['pii'] }),
      routes: { assistant: { targets: ['openai/echo'] }, next: { targets: ['claude/echo'] } },
      models: {
        'openai/echo': { price: { input: 1, output: 1 } },
        'claude/echo': { price: { input: 1, output: 1 } },
      },
      shadow: [{ route: 'assistant', target: 'next', sample: 1 }],
    },
  })
  assert.ok((await ask(stack, `I am ${hidden}`, { model: 'assistant' })).text.includes(hidden))
  await until('the candidate is asked', async () => stack.simulator.receipts().length === 2 || undefined)
  assert.ok(!sent(stack).includes(hidden), sent(stack))
})

test('a rule may have as many words as the configuration allows', async (t) => {
  const words = Array.from({ length: 5_000 }, (_, n) => `word ${n.toString(36)} of the list`)
  const stack = await startStack(t, { config: withRules({ words: { words, action: 'block' } }) })
  assert.equal((await ask(stack, 'a word of the list')).status, 200)
  assert.equal((await ask(stack, `say ${words[4_000]!.toUpperCase()}!`)).status, 400)
})

test('embeddings are looked at, and what cannot be is refused where something might have to be', async (t) => {
  const stack = await startStack(t, { config: withRules({ pii }) })
  const embedded = await stack.post('/v1/embeddings', { model: 'openai/embed', input: ['a', hidden] })
  assert.equal(embedded.status, 200)
  assert.ok(!sent(stack).includes(hidden) && sent(stack).includes('[EMAIL_1]'))
  for (const [path, body] of [
    ['/v1/embeddings', { model: 'openai/embed', input: [[1, 2, 3]] }],
    ['/v1/moderations', { model: 'openai/omni-moderation-latest', input: hidden }],
    ['/providers/openai/chat/completions', { model: 'echo', messages: [{ role: 'user', content: hidden }] }],
  ] as const) {
    const answer = await stack.post(path, body)
    assert.equal(answer.status, 400, path)
    assert.match(await answer.text(), /guardrail_blocked/)
  }
  assert.ok(!sent(stack).includes(hidden))
})

test("a rule for one model is for all calls of its provider's own API that may touch it", async (t) => {
  const stack = await startStack(t, {
    config: withRules({ pii }, { 'openai/echo': ['pii'], 'other/*': ['pii'] }),
  })
  const call = async (path: string, model: string) => {
    const messages = [{ role: 'user', content: hidden }]
    return (await stack.post(`/providers/openai/${path}`, { model, messages })).text()
  }
  for (const path of ['chat/completions', 'threads/runs', 'batches']) {
    assert.match(await call(path, 'echo'), /guardrail_blocked/, path)
  }
  assert.doesNotMatch(await call('chat/completions', 'words-5'), /guardrail_blocked/)
})

test('a conversation that is kept goes on with what the client said, not with placeholders', async (t) => {
  const stack = await startStack(t, { config: withRules({ pii }) })
  const first = await stack.post('/v1/responses', {
    model: 'openai/echo',
    input: `I am ${hidden}`,
    store: true,
  })
  const { id } = (await first.json()) as JsonObject
  const more = { model: 'openai/echo', input: 'bob@example.org is my friend', previous_response_id: id }
  const second = await stack.post('/v1/responses', more)
  assert.ok((await second.text()).includes('bob@example.org is my friend'))
  const last = JSON.stringify(stack.simulator.receipts().at(-1)?.body)
  assert.ok(last.includes('I am [EMAIL_1]') && last.includes('[EMAIL_2] is my friend'), last)
})

interface Hook {
  readonly url: string
  readonly received: JsonObject[]
  connections: number
  answer: JsonObject
  status: number
}

async function startHook(t: TestContext): Promise<Hook> {
  const hook: Hook = { url: '', received: [], connections: 0, answer: { action: 'allow' }, status: 200 }
  const server = createServer((request, response) => {
    void (async () => {
      const body = (await json(request)) as JsonObject
      hook.received.push({ ...body, signature: String(request.headers['x-weir-signature']) })
      response.writeHead(hook.status, { 'content-type': 'application/json' }).end(JSON.stringify(hook.answer))
    })()
  })
  server.on('connection', () => hook.connections++)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.after(() => server.close())
  return Object.assign(hook, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/guard` })
}

test('a webhook decides on prompt and answer; one that fails refuses, or lets pass where its rule says so', async (t) => {
  const hook = await startHook(t)
  const secret = 'signing-secret-of-16'
  const webhook = { url: hook.url, secret: 'env:HOOK', allowPrivateNetwork: true }
  const rule = { webhook, action: 'block', on: ['input', 'output'] }
  const rules = { strict: rule, lax: { ...rule, onFault: 'allow' } }
  const routes = { strict: { targets: ['openai/words-5'] }, lax: { targets: ['openai/words-5'] } }
  const config = { routes, ...withRules(rules, { strict: ['strict'], lax: ['lax'] }) }
  const stack = await startStack(t, { config, env: { HOOK: secret } })
  for (const stream of [false, true]) {
    const { status } = await ask(stack, 'hello there', { model: 'strict', stream })
    assert.equal(status, 200)
  }
  assert.deepEqual(
    hook.received.map(({ stage }) => stage),
    ['input', 'output', 'input', 'output'],
  )
  const [first] = hook.received
  const [time, signature] = String(first?.['signature']).slice(2).split(',v1=')
  const expected = createHmac('sha256', secret).update(`${time}.{"stage":"input","text":"hello there"}`)
  assert.equal(signature, expected.digest('hex'))

  hook.answer = { action: 'block', kinds: ['rude'] }
  const blocked = await ask(stack, 'hello', { model: 'strict' })
  assert.match(blocked.text, /guardrail_blocked/)
  assert.deepEqual(await decisionsOf(stack, blocked.id), [
    { rule: 'strict', stage: 'input', action: 'block', found: { rude: 1 } },
  ])
  hook.answer = { action: 'flag' }
  assert.equal((await ask(stack, 'hello', { model: 'strict' })).status, 200)
  hook.status = 500
  const refused = await ask(stack, 'hello', { model: 'strict' })
  assert.deepEqual([refused.status, refused.text.includes('guardrail_unavailable')], [503, true])
  const passed = await ask(stack, 'hello', { model: 'lax' })
  assert.equal(passed.status, 200)
  assert.match(JSON.stringify(await decisionsOf(stack, passed.id)), /"action":"allow"/)
})

test('a new configuration goes on with the connections to a webhook', async (t) => {
  const hook = await startHook(t)
  const webhook = { url: hook.url, secret: 'env:HOOK', allowPrivateNetwork: true }
  const rule = { webhook, action: 'block' }
  const stack = await startStack(t, { config: withRules({ rule }), env: { HOOK: 'signing-secret-of-16' } })
  await ask(stack, 'hello')
  const file = JSON.parse(readFileSync(stack.configFile, 'utf8')) as JsonObject
  writeFileSync(stack.configFile, JSON.stringify({ ...file, ...withRules({ rule, pii }) }))
  await stack.gateway.reload()
  assert.ok(!(await ask(stack, `I am ${hidden}`)).text.includes('guardrail_unavailable'))
  assert.ok(!sent(stack).includes(hidden))
  assert.deepEqual([hook.received.length, hook.connections], [2, 1])
})

test('a webhook hears what the client puts into the mouth of the model, and what is to be embedded', async (t) => {
  const hook = await startHook(t)
  const webhook = { url: hook.url, secret: 'env:HOOK', allowPrivateNetwork: true }
  const config = withRules({ strict: { webhook, action: 'block' } })
  const stack = await startStack(t, { config, env: { HOOK: 'signing-secret-of-16' } })
  const messages = [
    { role: 'user', content: 'a question' },
    { role: 'assistant', content: 'Sure, begin' },
  ]
  await stack.post('/v1/chat/completions', { model: 'openai/echo', messages })
  await stack.post('/v1/embeddings', { model: 'openai/embed', input: ['one', 'two'] })
  assert.deepEqual(
    hook.received.map(({ text }) => text),
    ['a question\nSure, begin', 'one\ntwo'],
  )
  hook.answer = { action: 'block' }
  const refused = await stack.post('/v1/embeddings', { model: 'openai/embed', input: 'three' })
  assert.equal(refused.status, 400)
})

test('whatever a webhook calls what it has found, the record of it can be read', async (t) => {
  const hook = await startHook(t)
  hook.answer = { action: 'flag', kinds: ['constructor', 'toString', 'x'.repeat(1_000)] }
  const webhook = { url: hook.url, secret: 'env:HOOK', allowPrivateNetwork: true }
  const config = withRules({ lax: { webhook, action: 'flag' } })
  const stack = await startStack(t, { config, env: { HOOK: 'signing-secret-of-16' } })
  const { id } = await ask(stack, 'hello')
  assert.deepEqual(await decisionsOf(stack, id), [
    {
      rule: 'lax',
      stage: 'input',
      action: 'flag',
      found: { constructor: 1, toString: 1, ['x'.repeat(64)]: 1 },
    },
  ])
  assert.equal(asArray((await stack.admin('/guardrails/decisions'))['data']).length, 1)
})

test('a webhook that is slow is left in its time, and one that talks without end is not listened to', async (t) => {
  let isLong = false
  let [opened, closed] = [0, 0]
  const server = createServer((request, response) => {
    request.resume()
    if (!isLong) return
    response.writeHead(200, { 'content-type': 'application/json' })
    const talk = (): void => {
      if (!response.destroyed) response.write(' '.repeat(65_536), talk)
    }
    talk()
  })
  // Also one that is given up before its request has come.
  server.on('connection', (socket) => {
    opened++
    socket.once('close', () => closed++)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/guard`
  const webhook = { url, secret: 'env:HOOK', allowPrivateNetwork: true }
  const rules = {
    brief: { webhook, action: 'block', timeoutMs: 50 },
    patient: { webhook, action: 'block', timeoutMs: 60_000 },
  }
  const routes = { slow: { targets: ['openai/echo'] }, long: { targets: ['openai/echo'] } }
  const config = { routes, ...withRules(rules, { slow: ['brief'], long: ['patient'] }) }
  const stack = await startStack(t, { config, env: { HOOK: 'signing-secret-of-16' } })
  assert.equal((await ask(stack, 'hello', { model: 'slow' })).status, 503)
  await until('its connection is given up', () => (closed > 0 && closed === opened) || undefined)
  isLong = true
  assert.equal((await ask(stack, 'hello', { model: 'long' })).status, 503)
})

test('an answer that a webhook refuses is not seen at all, streamed or not', async (t) => {
  const hook = await startHook(t)
  hook.answer = { action: 'block' }
  const webhook = { url: hook.url, secret: 'env:HOOK', allowPrivateNetwork: true }
  const rules = { out: { webhook, action: 'block', on: ['output'] } }
  const env = { HOOK: 'signing-secret-of-16' }
  const stack = await startStack(t, { config: withRules(rules, { 'openai/*': ['out'] }), env })
  for (const stream of [false, true]) {
    const { text, status } = await ask(stack, 'river stone canary', { stream })
    assert.equal(status, 400)
    assert.ok(!text.includes('canary') && text.includes('guardrail_blocked'), text)
  }
})

test('a webhook at a private address is not asked unless that is allowed', async (t) => {
  let connections = 0
  const listener = listenFor((socket) => {
    connections++
    socket.destroy()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const { port } = listener.address() as AddressInfo
  const url = `https://127.0.0.1:${port}`
  const answerWith = async (webhook: JsonObject) => {
    const rules = { out: { webhook: { url, secret: 'env:HOOK', ...webhook }, action: 'block' } }
    const env = { HOOK: 'signing-secret-of-16' }
    const stack = await startStack(t, { config: withRules(rules), env })
    return (await ask(stack, 'hello')).status
  }
  assert.deepEqual([await answerWith({}), connections], [503, 0])
  assert.deepEqual([await answerWith({ allowPrivateNetwork: true }), connections], [503, 1])
})

test("a provider's moderation and a model that knows topics decide; they are asked with what the provider is told", async (t) => {
  const other = await startScriptedProvider(t)
  const topicOf = (text: string) => (text.includes('pills') ? '2' : text.includes('riddle') ? '7' : '0')
  other.answerWith(({ target, body }, response) => {
    const text = body.toString()
    const isRude = text.includes('rude')
    const answer = target.endsWith('/moderations')
      ? {
          results: [
            text.includes('odd')
              ? {}
              : { flagged: isRude, categories: { harassment: isRude, violence: false } },
          ],
        }
      : {
          id: 'c',
          object: 'chat.completion',
          model: 'judge',
          choices: [
            {
              index: 0,
              finish_reason: 'stop',
              message: { role: 'assistant', content: topicOf(text) },
            },
          ],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  const rules = {
    pii,
    moderated: { moderation: { model: 'mod/omni' }, action: 'block' },
    topical: { topics: { model: 'mod/judge', forbidden: ['politics', 'medical advice'] }, action: 'block' },
  }
  const stack = await startStack(t, {
    env: { MOD: 'mod-key' },
    config: (simulatorUrl) => ({
      ...withRules(rules),
      providers: {
        openai: {
          type: 'openai',
          apiKey: 'env:MOD',
          baseUrl: `${simulatorUrl}/openai/v1`,
          allowPrivateNetwork: true,
        },
        mod: { type: 'openai', apiKey: 'env:MOD', baseUrl: other.url, allowPrivateNetwork: true },
      },
    }),
  })
  assert.equal((await ask(stack, `a fine day, says ${hidden}`)).status, 200)
  for (const [content, rule, kind] of [
    ['something rude', 'moderated', 'harassment'],
    ['which pills do I take', 'topical', 'medical advice'],
  ] as const) {
    const told = await ask(stack, content)
    assert.equal(told.status, 400)
    assert.deepEqual(await decisionsOf(stack, told.id), [
      { rule, stage: 'input', action: 'block', found: { [kind]: 1 } },
    ])
  }
  // A topic that there is not is no answer, nor is a result that says nothing.
  assert.equal((await ask(stack, 'a riddle')).status, 503)
  assert.equal((await ask(stack, 'an odd one')).status, 503)
  assert.equal(stack.simulator.receipts().length, 1)
  assert.ok(other.received.length === 10 && other.received.every(({ body }) => !body.includes(hidden)))
  // What the guardrails ask is paid for, on an account of their own.
  assert.ok(JSON.stringify(await stack.admin('/ledger')).includes('"guardrails"'))
})
