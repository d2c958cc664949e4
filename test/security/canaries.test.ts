/** Credentials and prompts go where they must and nowhere else: not into logs, metrics, errors, the admin API or files. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { type ClientName, clients } from '../support/clients.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const prompt = 'prompt-canary-5f2a'
const providerKey = 'provider-key-canary-77aa'
const leaked = [providerKey, testKey, adminToken, prompt]

const chatty = await startScriptedProvider({ after })
const stack = await startStack(
  { after },
  {
    env: { CHATTY_KEY: providerKey },
    config: (simulatorUrl) => ({
      providers: {
        openai: provider('openai', `${simulatorUrl}/openai/v1`),
        claude: provider('anthropic', `${simulatorUrl}/anthropic/v1`),
        chatty: provider('openai', chatty.url),
      },
      routes: { assistant: { targets: ['chatty/m', 'openai/echo'] } },
      payloads: { record: 'on' },
    }),
  },
)

function provider(type: string, baseUrl: string): JsonObject {
  return { type, apiKey: 'env:CHATTY_KEY', baseUrl, allowPrivateNetwork: true }
}

const errors: string[] = []

async function ask(client: ClientName, model: string, stream: boolean): Promise<void> {
  const ofClient = clients[client]
  const wish = { model, text: prompt, stream }
  const response = await stack.post(ofClient.path(wish), ofClient.body(wish))
  const body = await response.text()
  // The answer of `echo` is the prompt: only what is refused must not repeat it.
  if (response.status >= 400) errors.push(body, JSON.stringify([...response.headers]))
  else assert.ok(!leaked.slice(0, 3).some((secret) => body.includes(secret)))
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
      const message = `Incorrect API key provided: ${key}`
      const body =
        type === 'text/html'
          ? `<p>${message}</p>`
          : JSON.stringify({ error: { message, type: 'x', param: key } })
      response.writeHead(status, { 'content-type': type, 'x-debug': key, 'set-cookie': `k=${key}` }).end(body)
    })
    for (const client of Object.keys(clients) as ClientName[]) await ask(client, 'chatty/m', status === 500)
  }
  for (const client of Object.keys(clients) as ClientName[]) {
    for (const stream of [false, true]) await ask(client, 'openai/echo', stream)
    await ask(client, 'claude/echo', false)
    await ask(client, 'assistant', true)
    await ask(client, 'openai/fault/cut', true)
    await ask(client, 'nowhere/none', false)
  }
  assert.ok(errors.length > 20)
})

test('no error that a client saw repeats a credential', () => {
  for (const text of errors) {
    for (const secret of [providerKey, testKey, adminToken]) assert.ok(!text.includes(secret), text)
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
  for (const path of ['/ledger', '/providers', '/keys', '/alerts']) {
    places.push([path, JSON.stringify(await stack.admin(path))])
  }
  for (const [place, text] of places) {
    for (const secret of leaked) assert.ok(!text.includes(secret), `${secret} is in ${place}`)
  }
})

test('no file of the data directory holds a credential or a prompt', async () => {
  await stack.gateway.stop(true)
  const { dataDir } = stack.gateway.config
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(dataDir, name)).isFile(),
  )
  assert.ok(files.some((name) => name.endsWith('.db')))
  for (const name of files) {
    const text = readFileSync(join(dataDir, name), 'latin1')
    for (const secret of leaked) assert.ok(!text.includes(secret), `${secret} is in ${name}`)
  }
})
