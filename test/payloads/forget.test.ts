/** A user is forgotten: payloads, kept answers and files are gone, records know nobody, the ledger keeps what it counts. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { adminToken, type Stack, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)

async function change(stack: Stack, path: string, body: JsonObject): Promise<JsonObject> {
  const answer = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await answer.json()) as JsonObject
}

const usersOf = async (stack: Stack) =>
  asArray((await stack.admin('/requests'))['data']).map((each) => asObject(each)?.['user'])

async function respond(
  stack: Stack,
  user: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const body = { model: 'openai/echo', input: `I am ${user}`, store: true }
  const answer = await stack.post('/v1/responses', body, {
    'x-weir-user': user,
    'x-weir-session': 's',
    ...more,
  })
  return String(((await answer.json()) as JsonObject)['id'])
}

test('what named the user goes, what named another stays, and the reply says what is kept', async (t) => {
  const stack = await startStack(t, { config: { payloads: { record: 'on' }, cache: { exact: {} } } })
  const keyed = { 'idempotency-key': 'once' }
  const [adas, bobs] = [await respond(stack, 'ada', keyed), await respond(stack, 'bob')]
  await until('both records are written', async () => (await usersOf(stack)).length === 2 || undefined)
  const done = await change(stack, '/forget', { user: 'ada' })
  const { payloads, records, responses, repeatable_answers } = done
  assert.deepEqual(
    { payloads, records, responses, repeatable_answers },
    { payloads: 1, records: 1, responses: 1, repeatable_answers: 1 },
  )
  assert.ok(asArray(done['stays']).some((line) => asString(line)?.includes('the ledger')))
  const rest = asArray((await stack.admin('/payloads'))['data']).map((each) => asObject(each)?.['user'])
  assert.deepEqual(rest, ['bob'])
  const records1 = asArray((await stack.admin('/requests'))['data']).map(asObject)
  assert.deepEqual(new Set(records1.map((each) => each?.['user'])), new Set(['bob', undefined]))
  const hers = records1.find((each) => each?.['user'] === undefined)
  assert.deepEqual(
    [hers?.['session'], hers?.['client_address'], hers?.['status']],
    [undefined, undefined, 200],
  )
  const headers = { authorization: `Bearer ${testKey}` }
  for (const [id, status] of [
    [adas, 404],
    [bobs, 200],
  ] as const) {
    assert.equal((await fetch(`${stack.gateway.url}/v1/responses/${id}`, { headers })).status, status)
  }
  // A repeat is not told the forgotten answer.
  await respond(stack, 'ada', keyed)
  assert.equal(stack.simulator.receipts().length, 3)
  const ledger = JSON.stringify(await stack.admin('/ledger'))
  assert.ok(ledger.includes('"ada"') && ledger.includes('"bob"'))
})

test('a record that still waits to be written is forgotten with the others', async (t) => {
  const stack = await startStack(t)
  await respond(stack, 'ada', { 'idempotency-key': 'once' })
  const { records, repeatable_answers } = await change(stack, '/forget', { user: 'ada' })
  assert.deepEqual({ records, repeatable_answers }, { records: 1, repeatable_answers: 1 })
  assert.deepEqual(await usersOf(stack), [undefined])
})

test('what hangs on records is found again where a first try has failed', async (t) => {
  const stack = await startStack(t)
  await respond(stack, 'ada', { 'idempotency-key': 'once' })
  const database = new DatabaseSync(join(stack.gateway.config.dataDir, 'weir.db'))
  t.after(() => database.close())
  database.exec('alter table idempotency_claims rename to out_of_reach')
  assert.ok('error' in (await change(stack, '/forget', { user: 'ada' })))
  database.exec('alter table out_of_reach rename to idempotency_claims')
  const { records, repeatable_answers } = await change(stack, '/forget', { user: 'ada' })
  assert.deepEqual({ records, repeatable_answers }, { records: 1, repeatable_answers: 1 })
  assert.deepEqual(await usersOf(stack), [undefined])
})

test('the audit has the act by a fingerprint, and no name', async (t) => {
  const stack = await startStack(t)
  await change(stack, '/forget', { user: 'a-name-that-must-not-stay' })
  const text = JSON.stringify(await stack.admin('/audit?action=user.forget'))
  assert.match(text, /user:[0-9a-f]{12}/)
  assert.ok(!text.includes('a-name-that-must-not-stay'))
})

test("the files and batches of the user's own keys go too", async (t) => {
  const stack = await startStack(t)
  const user = await change(stack, '/users', { name: 'Ada', email: 'ada@example.org' })
  const key = await change(stack, '/keys', { name: 'adas', user: user['id']! })
  const form = new FormData()
  const line = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: {} }
  form.set('file', new File([JSON.stringify(line)], 'lines.jsonl'))
  form.set('purpose', 'batch')
  const sent = await fetch(`${stack.gateway.url}/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(key['secret'])}` },
    body: form,
  })
  assert.equal(sent.status, 200)
  const folder = join(stack.gateway.config.dataDir, 'files')
  assert.ok(readdirSync(folder).length > 0)
  const done = await change(stack, '/forget', { user: 'ada@example.org' })
  assert.deepEqual([done['keys'], done['files']], [1, 1])
  const left = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.ok(
    left.every((entry) => !readFileSync(join(entry.parentPath, entry.name), 'utf8').includes('custom_id')),
  )
})

test('`weir forget` asks the gateway that runs and prints what it did', async (t) => {
  const stack = await startStack(t, { config: { payloads: { record: 'on' } } })
  await respond(stack, 'ada')
  const program = join(import.meta.dirname, '../../src/cli/main.ts')
  const { dataDir } = stack.gateway.config
  const args = [
    '--disable-warning=ExperimentalWarning',
    program,
    'forget',
    '--user',
    'ada',
    '--data',
    dataDir,
  ]
  const { stdout } = await run(process.execPath, args)
  assert.match(stdout, /^1 recorded payloads deleted$/m)
  assert.match(stdout, /^ {2}backups: /m)
  assert.deepEqual((await stack.admin('/payloads'))['data'], [])
})
