/** Credentials and prompts go where they must and nowhere else: not into logs, metrics, errors, the admin API or files. */

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { type ClientName, clients } from '../support/clients.ts'
import { startHookServer } from '../support/hook-server.ts'
import { findLeaks } from '../support/leaks.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { asOwner } from '../support/people.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const prompt = 'prompt-canary-5f2a'
const providerKey = 'provider-key-canary-77aa'
const hookSecret = 'hook-secret-canary-31be'
const storedKey = 'stored-key-canary-of-32-characters-or-more'
const storedValue = 'stored-value-canary-90d4'
const collectorToken = 'collector-token-canary-4c11'
const headerKey = 'header-key-canary-a1f3'
const credentials = [
  providerKey,
  headerKey,
  testKey,
  adminToken,
  hookSecret,
  storedKey,
  storedValue,
  collectorToken,
]
const leaked = [...credentials, prompt]

/** Hears alerts and traces. */
const hook = await startHookServer({ after })
const chatty = await startScriptedProvider({ after })
const stack = await startStack(
  { after },
  {
    env: {
      CHATTY_KEY: providerKey,
      HOOK_SECRET: hookSecret,
      STORED_KEY: storedKey,
      COLLECTOR_TOKEN: collectorToken,
      HEADER_KEY: headerKey,
    },
    config: (simulatorUrl) => ({
      providers: {
        openai: provider('openai', `${simulatorUrl}/openai/v1`),
        claude: provider('anthropic', `${simulatorUrl}/anthropic/v1`),
        chatty: { ...provider('openai', chatty.url), headers: { 'x-second-key': 'env:HEADER_KEY' } },
      },
      routes: { assistant: { targets: ['chatty/m', 'openai/echo'] } },
      payloads: { record: 'on' },
      cache: { exact: { ttlSeconds: 600 }, keep: 'disk' },
      secrets: { stored: { key: 'env:STORED_KEY' } },
      alerts: {
        webhooks: [{ url: `${hook.url}/alerts`, secret: 'env:HOOK_SECRET', allowPrivateNetwork: true }],
      },
      telemetry: {
        otlp: {
          endpoint: hook.url,
          headers: { authorization: 'env:COLLECTOR_TOKEN' },
          allowPrivateNetwork: true,
        },
      },
    }),
  },
)

function provider(type: string, baseUrl: string): JsonObject {
  return { type, apiKey: 'env:CHATTY_KEY', baseUrl, allowPrivateNetwork: true }
}

const errors: string[] = []

/** The beginning of an answer. */
const chunk = {
  id: 'a',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }],
}

async function askProvider(path: string): Promise<void> {
  const response = await stack.post(path, { model: 'm', messages: [{ role: 'user', content: prompt }] })
  errors.push(await response.text())
}

async function ask(client: ClientName, model: string, stream: boolean): Promise<void> {
  const ofClient = clients[client]
  const wish = { model, text: prompt, stream }
  const response = await stack.post(ofClient.path(wish), ofClient.body(wish))
  const body = await response.text()
  // The answer of `echo` is the prompt: only what is refused must not repeat it.
  if (response.status >= 400) errors.push(body, JSON.stringify([...response.headers]))
  else assert.ok(!credentials.some((secret) => body.includes(secret)))
}

test('requests of every client, answered and failed, by providers that repeat the key that they were sent', async () => {
  const failures: readonly (readonly [number, string])[] = [
    [400, 'application/json'],
    [401, 'application/json'],
    [403, 'application/json'],
    [429, 'application/json'],
    [500, 'text/html'],
    [200, 'text/html'],
  ]
  for (const [status, type] of failures) {
    chatty.answerWith((request, response) => {
      const key = request.headers['authorization']?.[0] ?? ''
      const message = `Incorrect API key provided: ${key}, and of no use with headerless ${headerKey}, for the prompt "${prompt}"`
      const body =
        type === 'text/html'
          ? `<p>${message}</p>`
          : JSON.stringify({ error: { message, type: 'x', param: key } })
      response.writeHead(status, { 'content-type': type, 'x-debug': key, 'set-cookie': `k=${key}` })
      // Cut in the middle of a key.
      response.write(body.slice(0, 60))
      setImmediate(() => response.end(body.slice(60)))
    })
    for (const client of Object.keys(clients) as ClientName[]) await ask(client, 'chatty/m', status === 500)
    await askProvider('/providers/chatty/chat/completions')
    await askProvider('/providers/chatty/any/path')
  }
  chatty.answerWith((request, response) => {
    const key = request.headers['authorization']?.[0] ?? ''
    const error = { message: `Incorrect API key provided: ${key} ${headerKey}`, code: 'invalid_api_key' }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    setImmediate(() => response.end(`data: ${JSON.stringify({ error })}\n\n`))
  })
  for (const client of Object.keys(clients) as ClientName[]) await ask(client, 'chatty/m', true)
  for (const client of Object.keys(clients) as ClientName[]) {
    for (const stream of [false, true]) await ask(client, 'openai/echo', stream)
    await ask(client, 'claude/echo', false)
    await ask(client, 'assistant', true)
    await ask(client, 'openai/fault/cut', true)
    await ask(client, 'nowhere/none', false)
  }
  assert.ok(errors.length > 20)
})

test('what is kept for callers, for operators and for the gateway itself', async () => {
  const owner = asOwner(stack)
  const set = await owner('POST', '/secrets', { name: 'spare', value: storedValue })
  assert.equal(set.status, 201)
  for (const [path, body] of [
    ['/v1/responses', { model: 'openai/echo', input: prompt, store: true }],
    ['/v1/embeddings', { model: 'openai/text-embedding-3-small', input: prompt }],
    ['/v1/messages/count_tokens', { model: 'claude/echo', messages: [{ role: 'user', content: prompt }] }],
  ] as const) {
    for (let n = 0; n < 2; n++) {
      const response = await stack.post(path, body, {
        'idempotency-key': `once ${path}`,
        'x-weir-session': 'session-1',
        'x-weir-tags': 'a',
      })
      assert.equal(response.status, 200, await response.text())
    }
  }
  assert.equal((await owner('POST', '/alert-channels/webhook-1/test')).status < 500, true)
})

test('no error that a client saw repeats a credential', () => {
  for (const text of errors) {
    for (const secret of credentials) assert.ok(!text.includes(secret), text)
  }
})

test('the log, the metrics and the admin API show neither a credential nor a prompt', async () => {
  const places: [string, string][] = [['log', stack.log.join('\n')]]
  places.push(['metrics', await (await fetch(`${stack.gateway.url}/metrics`)).text()])
  const records = await until('the records of what was asked', async () => {
    const found = await stack.admin('/requests?limit=100')
    return asArray(found['data']).length > 20 ? found : undefined
  })
  places.push(['requests', JSON.stringify(records)])
  for (const record of asArray(records['data']).slice(0, 20)) {
    const id = asString(asObject(record)?.['id']) ?? ''
    places.push([`request ${id}`, JSON.stringify(await stack.admin(`/requests/${id}`))])
  }
  // Every list that there is but that of payloads, which is for showing them.
  const paths = asObject((await stack.admin('/openapi.json'))['paths']) ?? {}
  for (const [path, item] of Object.entries(paths)) {
    const isList = asObject(item)?.['get'] !== undefined && !path.includes('{')
    if (!isList || path === '/events' || path === '/payloads') continue
    const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    places.push([path, await response.text()])
  }
  assert.ok(places.length > 40)
  for (const [place, text] of places) {
    for (const secret of leaked) assert.ok(!text.includes(secret), `${secret} is in ${place}`)
  }
})

test('no trace and no alert that was sent holds a credential or a prompt', async () => {
  await until(
    'a trace',
    () => (hook.received.some(({ path }) => path.includes('traces')) ? true : undefined),
    20_000,
  )
  for (const { path, body } of hook.received) {
    for (const secret of leaked) assert.ok(!body.includes(secret), `${secret} is in ${path}`)
  }
})

test('no file of the data directory holds a credential or a prompt', async () => {
  await stack.gateway.stop(true)
  const { dataDir } = stack.gateway.config
  assert.ok(readdirSync(dataDir).some((name) => name.endsWith('.db')))
  assert.deepEqual(findLeaks({ log: stack.log, dataDir }, leaked), [])
})
