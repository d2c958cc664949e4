/** Two organisations of one gateway: whatever route there is, the one sees, changes and deletes nothing of the other. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { asArray, asObject, asString, type Json, type JsonObject } from '../../src/core/json.ts'
import { createAlertStore } from '../../src/storage/sql/alert-store.ts'
import { createDriftStore } from '../../src/storage/sql/drift-store.ts'
import { openDatabase } from '../../src/storage/sql/open.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { asOwner, callWith } from '../support/people.ts'
import { prepareSecondOrganisation } from '../support/second-organisation.ts'
import { startStack, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** In everything that the first organisation has, so that a list of the other one that shows any of it is told. */
const mark = 'of-the-first-8c1d'

const dataDir = join(createTemporaryFolder(), 'data')
const second = await prepareSecondOrganisation(dataDir)
const stack = await startStack(
  { after },
  {
    dataDir,
    env: { STORED_KEY: 'a-key-of-thirty-two-characters-or-more' },
    config: {
      secrets: { stored: { key: 'env:STORED_KEY' } },
      access: { browserKeys: { origins: ['https://app.example'] } },
      payloads: { record: 'on' },
      routes: { [mark]: { targets: ['openai/echo'] } },
    },
  },
)
const first = asOwner(stack)
const stranger = callWith(stack.gateway.url, { 'sec-fetch-site': 'same-origin', cookie: second.cookie })
const strangerKey = { authorization: `Bearer ${second.apiKey}` }

interface Row {
  readonly method: string
  readonly path: string
  readonly isOfInstance: boolean
}

async function inventory(): Promise<Row[]> {
  const { paths } = await stack.admin('/openapi.json')
  return Object.entries(asObject(paths) ?? {}).flatMap(([path, item]) =>
    Object.entries(asObject(item) ?? {}).map(([method, row]) => ({
      method: method.toUpperCase(),
      path,
      isOfInstance: asObject(row)?.['x-weir-instance'] === true,
    })),
  )
}

async function made(path: string, body: Json, method = 'POST'): Promise<JsonObject> {
  const answer = await first(method, path, body)
  assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
const idOf = (body: JsonObject): string => asString(body['id'])!

/** One of everything. */
async function createAll(): Promise<Readonly<Record<string, string>>> {
  const team = idOf(await made('/teams', { name: `team ${mark}` }))
  const user = idOf(await made('/users', { name: mark, email: `${mark}@example.com`, team }))
  const key = idOf(await made('/keys', { name: `key ${mark}`, user, team }))
  const budget = idOf(
    await made('/budgets', { scope: 'key', subject: `key ${mark}`, usd: '5', period: 'day', cap: 'hard' }),
  )
  await made('/secrets', { name: mark, value: `value ${mark}` })
  const asked = await stack.post(
    '/v1/responses',
    { model: mark, input: mark, store: true },
    { 'x-weir-session': mark, 'x-weir-user': mark },
  )
  const response = idOf((await asked.json()) as JsonObject)
  const request = asked.headers.get('x-weir-request-id')!
  await until('the payload', async () =>
    (await first('GET', `/requests/${request}/payload`)).status === 200 ? true : undefined,
  )
  await stack.post('/v1/feedback', { request_id: request, score: 1, comment: mark })
  await until(
    'the request of the feedback',
    async () => JSON.stringify((await first('GET', '/feedback')).body).includes('matched') || undefined,
    30_000,
  )
  const batches = batchClient(stack.gateway.url)
  const batch = await batches.submit([chatLine(mark, 'openai/echo')], { metadata: { a: mark } })
  const file = asString((await batches.ended(batch))['input_file_id'])!
  const suite = {
    name: mark,
    prompts: ['{{q}}'],
    candidate: 'openai/echo',
    tests: [{ id: mark, vars: { q: mark } }],
  }
  const evaluation = idOf(
    await made('/evals', { entry: 's.yaml', files: { 's.yaml': JSON.stringify(suite) } }),
  )
  const golden = { name: mark, target: 'openai/echo', samples: 1, prompts: [{ id: 'p', prompt: mark }] }
  const runs = await made('/drift/runs', { file: 'g.yaml', files: { 'g.yaml': JSON.stringify(golden) } })
  const run = idOf(asObject(asArray(runs['data'])[0])!)
  return {
    team,
    user,
    key,
    budget,
    request,
    response,
    batch,
    file,
    evaluation,
    run,
    ...(await raiseAll(run)),
  }
}

/** What only comes by itself, after days: written into the database as the gateway would. */
async function raiseAll(runId: string): Promise<{ alert: string; alarm: string }> {
  const database = await openDatabase({
    store: 'sqlite',
    dataDir,
    clock: systemClock,
    onError: () => undefined,
  })
  const signal = {
    org: 'default',
    kind: 'key-age',
    subject: mark,
    severity: 'warning',
    summary: mark,
    detail: {},
  } as const
  const alert = { id: 'alert_of_first', nowMs: Date.now(), channels: [] }
  await createAlertStore(database).raise(signal, alert)
  const atMs = Date.now()
  const alarm = {
    org: 'default',
    id: 'alarm_of_first',
    set: mark,
    runId,
    state: 'open',
    title: mark,
  } as const
  await createDriftStore(database).putAlarm({ ...alarm, createdAtMs: atMs, changedAtMs: atMs })
  await database.close()
  return { alert: alert.id, alarm: alarm.id }
}

const objects = await createAll()

/** What stands for the `{name}` of each path: an object of the first organisation. A new path needs a line. */
const objectOf: Readonly<Record<string, string>> = {
  '/alerts/{id}': objects['alert']!,
  '/batches/{id}': objects['batch']!,
  '/budgets/{id}': objects['budget']!,
  '/drift/alarms/{id}': objects['alarm']!,
  '/drift/golden-sets/{name}': mark,
  '/drift/runs/{id}': objects['run']!,
  '/evals/verdicts/{target}': encodeURIComponent('openai/echo'),
  '/evals/{id}': objects['evaluation']!,
  '/experiments/{route}': mark,
  '/keys/{id}': objects['key']!,
  '/requests/{id}': objects['request']!,
  '/secrets/{name}': mark,
  '/sessions/{id}': mark,
  '/shadow/{route}': mark,
  '/teams/{id}': objects['team']!,
  '/users/{id}': objects['user']!,
}

/** What a change of an object sends: right in form, so that it is the object that is not there. */
const bodyOf: Readonly<Record<string, JsonObject>> = {
  'POST /alerts/{id}/silence': { until: new Date(Date.now() + 3_600_000).toISOString() },
  'PUT /budgets/{id}': { scope: 'key', usd: '1000', period: 'day', cap: 'soft' },
  'PATCH /drift/alarms/{id}': { state: 'resolved', by: 'second' },
  'POST /keys/{id}/browser': { models: [mark], origins: ['https://app.example'] },
  'PATCH /keys/{id}': { name: 'taken' },
  'PATCH /teams/{id}': { name: 'taken' },
  'PATCH /users/{id}': { name: 'taken' },
  'PUT /users/{id}/account': { roles: [{ role: 'owner' }] },
}

/** Answers where there is nothing to be found: lists that are empty, figures that are nought. */
const emptyAnswers: ReadonlySet<string> = new Set([
  'GET /evals/verdicts/{target}',
  'GET /evals/{id}/rows',
  'GET /sessions/{id}',
  'GET /shadow/{route}',
  'GET /shadow/{route}/comparisons',
])

/** Changes without an id: what the second organisation sends, and what must come of it. */
const ownWrites: Readonly<
  Record<string, readonly [query: string, body: Json | undefined, status: readonly number[]]>
> = {
  'POST /keys': ['', { name: 'x', user: objects['user']!, team: objects['team']! }, [400, 404]],
  'POST /users': ['', { name: 'x', team: objects['team']! }, [400, 404]],
  'POST /teams': ['', { name: 'x' }, [201]],
  'POST /budgets': [
    '',
    { scope: 'key', subject: `key ${mark}`, usd: '0', period: 'day', cap: 'hard' },
    [201, 400, 404],
  ],
  'POST /secrets': ['', { name: mark, value: 'value of the second' }, [201]],
  'POST /secrets/rotate': ['', undefined, [200]],
  'POST /forget': ['', { user: mark }, [200]],
  'DELETE /cache': ['', undefined, [200]],
  'POST /batches': [
    '',
    { key: objects['key']!, input_file_id: objects['file']!, endpoint: '/v1/chat/completions' },
    [404],
  ],
  'POST /batch-files': [`?key=${objects['key']!}`, undefined, [404]],
  'POST /batch-plan': [`?key=${objects['key']!}&endpoint=/v1/messages`, undefined, [404]],
  'PUT /me/password': ['', { current: 'none', password: 'another long password' }, [400, 401, 403, 409]],
}

function patternOf(path: string): string | undefined {
  return Object.keys(objectOf).find((known) => path === known || path.startsWith(`${known}/`))
}

function objectFor(path: string): string {
  return objectOf[patternOf(path) ?? ''] ?? ''
}

/** Everything of the first organisation, as it sees it; without figures that pass with time. */
async function snapshot(): Promise<Record<string, Json>> {
  const found: Record<string, Json> = {}
  for (const [pattern, object] of Object.entries(objectOf)) {
    const { status, body } = await first('GET', pattern.replace(/\{\w+\}/, object))
    found[pattern] = status === 405 ? 405 : { status, body }
  }
  const batches = batchClient(stack.gateway.url)
  for (const path of [
    `/v1/files/${objects['file']}`,
    `/v1/responses/${objects['response']}`,
    `/v1/batches/${objects['batch']}`,
  ]) {
    found[path] = (await (await batches.request(path)).json()) as Json
  }
  for (const path of [
    '/secrets',
    '/budgets',
    '/keys',
    '/users',
    '/teams',
    '/feedback',
    '/alerts',
    '/drift/alarms',
  ]) {
    found[path] = (await first('GET', path)).body
  }
  return found
}

const before = await snapshot()

/** The first of all: the audit of the second organisation has nothing yet of what it tries below. */
test('no list of one organisation shows anything of the other', async () => {
  for (const { method, path, isOfInstance } of await inventory()) {
    if (method !== 'GET' || path.includes('{') || isOfInstance || path === '/events') continue
    const { status, body } = await stranger('GET', `${path}${path === '/usage' ? '?by=key,user' : ''}`)
    assert.ok(status === 200 || status === 400, `${path}: ${status}`)
    const told = JSON.stringify(body)
    for (const object of [mark, ...Object.values(objects)]) {
      assert.ok(!told.includes(object), `${path} shows ${object}: ${told.slice(0, 300)}`)
    }
  }
})

test('by every route with an id, an object of the other organisation is not there', async () => {
  const rows = await inventory()
  assert.ok(rows.length > 80, `${rows.length} rows`)
  for (const { method, path, isOfInstance } of rows) {
    if (!path.includes('{') || isOfInstance) continue
    const name = `${method} ${path}`
    assert.ok(patternOf(path) !== undefined, `${name}: nothing in this test stands for its id`)
    const filled = path.replace(/\{\w+\}/, objectFor(path))
    const body = method === 'GET' || method === 'DELETE' ? undefined : (bodyOf[name] ?? {})
    const { status, body: answer } = await stranger(method, filled, body)
    if (emptyAnswers.has(name)) assert.ok([200, 404].includes(status), `${name}: ${status}`)
    else assert.equal(status, 404, `${name}: ${JSON.stringify(answer)}`)
    // An error, or what is empty, may repeat what was asked for.
    const told = JSON.stringify(answer).replaceAll(decodeURIComponent(objectFor(path)), '')
    assert.ok(!told.includes(mark), `${name}: ${told.slice(0, 500)}`)
  }
})

test('what is about the gateway itself is for the organisation that runs it', async () => {
  const rows = (await inventory()).filter(({ isOfInstance }) => isOfInstance)
  assert.ok(rows.length > 20, `${rows.length} rows`)
  for (const { method, path } of rows) {
    const { status } = await stranger(
      method,
      path.replaceAll(/\{\w+\}/g, mark),
      method === 'GET' ? undefined : {},
    )
    assert.equal(status, 403, `${method} ${path}`)
  }
})

test('a key of the configuration is not there for another organisation either', async () => {
  const declared = 'declared:test'
  const listed = await stranger('GET', '/keys')
  assert.ok(!JSON.stringify(listed.body).includes(declared), JSON.stringify(listed.body))
  const isOfKeys = ({ path }: Row) => path.startsWith('/keys/{id}')
  const rows = (await inventory()).filter(isOfKeys)
  assert.ok(rows.length > 4, `${rows.length} rows`)
  for (const { method, path } of rows) {
    const name = `${method} ${path}`
    const body = method === 'GET' || method === 'DELETE' ? undefined : (bodyOf[name] ?? {})
    const { status, body: answer } = await stranger(method, path.replace('{id}', declared), body)
    assert.equal(status, 404, `${name}: ${JSON.stringify(answer)}`)
  }
  const batch = { key: declared, input_file_id: objects['file']!, endpoint: '/v1/chat/completions' }
  assert.equal((await stranger('POST', '/batches', batch)).status, 404)
  assert.equal((await stranger('POST', `/batch-files?key=${declared}`)).status, 404)
  assert.equal((await stranger('POST', `/batch-plan?key=${declared}&endpoint=/v1/messages`)).status, 404)
  assert.equal((await first('GET', `/keys/${declared}`)).status, 200)
})

test('what changes something without an id reaches nothing of the other either', async () => {
  for (const { method, path, isOfInstance } of await inventory()) {
    if (method === 'GET' || path.includes('{') || isOfInstance) continue
    const name = `${method} ${path}`
    const [query, body, statuses] = ownWrites[name] ?? []
    assert.ok(statuses, `${name}: nothing in this test says what the other organisation sends`)
    const { status, body: answer } = await stranger(method, `${path}${query}`, body)
    assert.ok(statuses.includes(status), `${name}: ${status} ${JSON.stringify(answer)}`)
  }
})

test('by its own API key, the other organisation reads and deletes no file, batch, response or request', async () => {
  const { file, batch, response, request } = objects
  const calls: readonly (readonly [method: string, path: string, body?: JsonObject])[] = [
    ['GET', `/v1/files/${file}`],
    ['GET', `/v1/files/${file}/content`],
    ['DELETE', `/v1/files/${file}`],
    ['GET', `/v1/batches/${batch}`],
    ['GET', `/v1/batches/${batch}/results`],
    ['POST', `/v1/batches/${batch}/cancel`],
    ['GET', `/v1/messages/batches/${batch}`],
    ['POST', `/v1/messages/batches/${batch}/cancel`],
    ['GET', `/v1/responses/${response}`],
    ['DELETE', `/v1/responses/${response}`],
    [
      'POST',
      '/v1/batches',
      { input_file_id: file!, endpoint: '/v1/chat/completions', completion_window: '24h' },
    ],
    ['POST', '/v1/responses', { model: 'claude/echo', input: 'x', previous_response_id: response! }],
  ]
  for (const [method, path, body] of calls) {
    const answer = await fetch(stack.gateway.url + path, {
      method,
      headers: { ...strangerKey, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    assert.ok([400, 404].includes(answer.status), `${method} ${path}: ${answer.status} ${text}`)
    assert.ok(!text.includes(mark), path)
  }
  for (const path of ['/v1/files', '/v1/batches', '/v1/messages/batches']) {
    const listed = await (await fetch(stack.gateway.url + path, { headers: strangerKey })).text()
    for (const object of [mark, file!, batch!]) assert.ok(!listed.includes(object), path)
  }
  const praise = await fetch(`${stack.gateway.url}/v1/feedback`, {
    method: 'POST',
    headers: { ...strangerKey, 'content-type': 'application/json' },
    body: JSON.stringify({ request_id: request, score: 0, comment: 'of the second' }),
  })
  // It waits for a request of its own organisation, which never comes.
  assert.equal(praise.status, 202)
})

test('after all of it, everything of the first organisation is as it was', async () => {
  assert.deepEqual(await snapshot(), before)
  const answer = await fetch(`${stack.gateway.url}/v1/models`, {
    headers: { authorization: `Bearer ${testKey}` },
  })
  assert.equal(answer.status, 200)
})
