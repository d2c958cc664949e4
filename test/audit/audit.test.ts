/** Every administrative act is in the audit once, before it is done; where it cannot be, nothing is done. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'

const change = async ({ gateway }: Stack, method: string, path: string, body: JsonObject = {}) => {
  const response = await fetch(`${gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(method !== 'DELETE' && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as JsonObject, id: response.headers }
}

/** What people did, in its order. */
const recordsOf = async (stack: Stack) =>
  asArray((await stack.admin('/audit'))['data'])
    .map((record) => asObject(record)!)
    .filter(({ actor }) => actor !== 'gateway')
    .toReversed()

test('every row that changes something, or shows what callers wrote, says what the audit is told; no other does', async (t) => {
  const stack = await startStack(t)
  const paths = asObject((await stack.admin('/openapi.json'))['paths'])!
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(asObject(methods)!).map(([method, row]) => ({
      name: `${method} ${path}`,
      changes: method !== 'get' || asObject(row)!['x-weir-policy'] === 'payloads:read',
      action: asString(asObject(row)!['x-weir-audit']),
    })),
  )
  assert.ok(operations.filter(({ changes }) => changes).length > 10)
  for (const { name, changes, action } of operations) assert.equal(action !== undefined, changes, name)
})

test('a change is one record: who, what, before and after; a refused one says so', async (t) => {
  const stack = await startStack(t)
  const made = await change(stack, 'POST', '/keys', { name: 'shop', models: ['openai/*'] })
  assert.equal(made.status, 201)
  const id = asString(made.body['id'])!
  await change(stack, 'PATCH', `/keys/${id}`, { name: 'shop-2' })
  await change(stack, 'DELETE', `/keys/${id}`)
  // Neither is an act: the one is not valid, the other is about nothing.
  assert.equal((await change(stack, 'POST', '/keys', { nme: 'x' })).status, 400)
  assert.equal((await change(stack, 'PATCH', '/keys/none', { name: 'x' })).status, 404)
  // This one is tried, and comes to nothing.
  assert.equal((await change(stack, 'POST', '/alerts/none/acknowledge')).status, 404)
  const records = await recordsOf(stack)
  assert.deepEqual(
    records.map(({ action, object, actor }) => [action, object, actor]),
    [
      ['key.create', 'key:shop', 'admin-token'],
      ['key.change', `key:${id}`, 'admin-token'],
      ['key.revoke', `key:${id}`, 'admin-token'],
      ['alert.acknowledge', 'alert:none', 'admin-token'],
      ['alert.acknowledge', 'alert:none', 'admin-token'],
    ],
  )
  assert.deepEqual(records[0]!['after'], { name: 'shop', models: ['openai/*'] })
  assert.equal(asObject(records[1]!['before'])?.['name'], 'shop')
  assert.deepEqual(records[1]!['after'], { name: 'shop-2' })
  assert.equal(asObject(records[2]!['before'])?.['name'], 'shop-2')
  assert.deepEqual(records[4]!['failed'], { seq: records[3]!['seq'], code: 'not_found' })
  assert.equal(records[0]!['address'], '127.0.0.1')
  assert.equal(records[0]!['request_id'], made.id.get('x-weir-request-id'))
  const proof = await stack.admin('/audit/verify')
  // The first record tells what the configuration was given.
  assert.deepEqual([proof['records'], proof['fault']], [6, undefined])
})

test('what cannot be recorded is not done', async (t) => {
  const stack = await startStack(t)
  const file = new DatabaseSync(join(stack.gateway.config.dataDir, 'weir.db'))
  t.after(() => file.close())
  file.exec('alter table audit_records rename to audit_records_gone')
  const refused = await change(stack, 'POST', '/keys', { name: 'unseen' })
  assert.ok(refused.status >= 500, String(refused.status))
  const keys = asArray((await stack.admin('/keys'))['data']).map((key) => asObject(key)!['name'])
  assert.ok(!keys.includes('unseen'))
})

test('a sign-in is an act too, and a session is named as the actor', async (t) => {
  const stack = await startStack(t)
  const signIn = await fetch(stack.gateway.signInUrl, { redirect: 'manual' })
  const cookie = signIn.headers.get('set-cookie')!.split(';')[0]!
  const made = await fetch(`${stack.gateway.url}/admin/v1/teams`, {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'shop' }),
  })
  assert.equal(made.status, 201)
  assert.deepEqual(
    (await recordsOf(stack)).map(({ action, actor }) => [action, actor]),
    [
      ['session.open', 'sign-in-link'],
      ['team.create', 'session'],
    ],
  )
})
