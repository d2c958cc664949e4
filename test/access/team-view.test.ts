/** What a role in a team sees of traffic: its own team's requests, sessions, ledger and usage, by every route that lists. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Role } from '../../src/admin/policy.ts'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { asOwner, createPerson, type Person } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack({ after })
const owner = asOwner(stack)

interface Side {
  readonly team: string
  readonly key: string
  readonly request: string
  readonly session: string
}

/** A team with a key, of which one request is on record. */
async function createSide(name: string): Promise<Side> {
  const team = asString((await owner('POST', '/teams', { name: `team-${name}` })).body['id'])!
  const made = await owner('POST', '/keys', { name: `key-${name}`, team })
  const session = `session-${name}`
  const response = await stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages: [{ role: 'user', content: 'hi' }] },
    {
      authorization: `Bearer ${String(made.body['secret'])}`,
      'x-weir-session': session,
      'x-weir-user': `user-${name}`,
      'x-weir-tags': `tag-${name}`,
    },
  )
  assert.equal(response.status, 200, await response.text())
  return {
    team,
    key: asString(made.body['id'])!,
    request: response.headers.get('x-weir-request-id')!,
    session,
  }
}

const ours = await createSide('ours')
const theirs = await createSide('theirs')
await until('both requests on record', async () => {
  const { data } = await stack.admin('/requests')
  return asArray(data).length === 2 || undefined
})
const people = new Map<Role, Person>()
for (const role of ['admin', 'member', 'viewer', 'auditor'] as const) {
  people.set(role, await createPerson(stack, `Team${role}`, [{ role, team: ours.team }], { team: ours.team }))
}

const idsOf = (body: JsonObject, name: string) =>
  asArray(body['data']).map((row) => asString(asObject(row)?.[name]))

test('requests, sessions, the ledger and usage: those of the own team', async () => {
  for (const [role, { call }] of people) {
    assert.deepEqual(idsOf((await call('GET', '/requests')).body, 'id'), [ours.request], role)
    assert.deepEqual(idsOf((await call('GET', `/requests?key=${theirs.key}`)).body, 'id'), [])
    assert.equal((await call('GET', `/requests/${ours.request}`)).status, 200)
    assert.equal((await call('GET', `/requests/${theirs.request}`)).status, 404)
    assert.equal((await call('GET', `/sessions/${ours.session}`)).status, 200)
    assert.equal((await call('GET', `/sessions/${theirs.session}`)).status, 404)
    assert.deepEqual(idsOf((await call('GET', '/ledger')).body, 'key_id'), [ours.key])
    assert.equal((await call('GET', `/ledger?team=${theirs.team}`)).status, 403)
    assert.deepEqual(idsOf((await call('GET', '/usage?by=key')).body, 'key_id'), [ours.key])
    assert.equal((await call('GET', `/usage?by=key&team=${theirs.team}`)).status, 403)
  }
})

test('whoever has roles in both teams sees both, one at a time where there are sums', async () => {
  const both = await createPerson(stack, 'Both', [
    { role: 'viewer', team: ours.team },
    { role: 'viewer', team: theirs.team },
  ])
  assert.deepEqual(
    new Set(idsOf((await both.call('GET', '/requests')).body, 'id')),
    new Set([ours.request, theirs.request]),
  )
  assert.equal((await both.call('GET', '/ledger')).status, 400)
  assert.deepEqual(idsOf((await both.call('GET', `/ledger?team=${theirs.team}`)).body, 'key_id'), [
    theirs.key,
  ])
})

test('no route that lists shows anything of another team', async () => {
  const { paths } = await stack.admin('/openapi.json')
  const lists = Object.entries(asObject(paths) ?? {}).flatMap(([path, item]) =>
    asObject(item)?.['get'] !== undefined && !path.includes('{') && path !== '/events' ? [path] : [],
  )
  assert.ok(lists.length > 25, `${lists.length} lists`)
  let seen = 0
  for (const [role, { call }] of people) {
    for (const path of lists) {
      const { status, body } = await call('GET', path === '/usage' ? '/usage?by=key,team' : path)
      const told = JSON.stringify(body)
      assert.ok(status === 200 || status === 403, `${path} for a team's ${role}: ${status} ${told}`)
      if (status === 200) seen++
      for (const alien of [
        ...Object.values(theirs),
        'key-theirs',
        'user-theirs',
        'team-theirs',
        'tag-theirs',
      ]) {
        assert.ok(!told.includes(alien), `${path} shows a team's ${role} ${alien}`)
      }
    }
  }
  assert.ok(seen >= 4 * 6, `${seen} lists were shown`)
})
