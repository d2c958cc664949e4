/** What a role in a team sees of traffic: its own team's, by every route that lists, and as it happens. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Role } from '../../src/admin/policy.ts'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { asOwner, createPerson, type Person } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack(
  { after },
  { config: { models: { 'openai/*': { price: { input: 1, output: 4 }, maxOutputTokens: 100 } } } },
)
const owner = asOwner(stack)

interface Side {
  readonly team: string
  readonly key: string
  readonly secret: string
  readonly request: string
  readonly session: string
}

const ask = (secret: string, headers: Readonly<Record<string, string>> = {}) =>
  stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages: [{ role: 'user', content: 'hi' }] },
    { authorization: `Bearer ${secret}`, ...headers },
  )

/** A team with a key, of which one request is on record. */
async function createSide(name: string): Promise<Side> {
  const team = asString((await owner('POST', '/teams', { name: `team-${name}` })).body['id'])!
  const made = await owner('POST', '/keys', { name: `key-${name}`, team })
  const session = `session-${name}`
  const secret = asString(made.body['secret'])!
  const response = await ask(secret, {
    'x-weir-session': session,
    'x-weir-user': `user-${name}`,
    'x-weir-tags': `tag-${name}`,
  })
  assert.equal(response.status, 200, await response.text())
  return {
    team,
    key: asString(made.body['id'])!,
    secret,
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

test('figures are of the own team', async () => {
  const requestsOf = async (call: Person['call']) =>
    asObject((await call('GET', '/requests/figures?range=15m')).body['now'])?.['requests']
  assert.equal(await requestsOf(owner), 2)
  for (const [role, { call }] of people) assert.equal(await requestsOf(call), 1, role)
})

test('batches are of the keys of the own team', async () => {
  const ids: string[] = []
  for (const { secret } of [ours, theirs]) {
    const client = batchClient(stack.gateway.url, secret)
    ids.push(await client.submit([chatLine('a', 'openai/echo')]))
    await client.ended(ids.at(-1)!)
  }
  const [own = '', alien = ''] = ids
  for (const [role, { call }] of people) {
    assert.deepEqual(idsOf((await call('GET', '/batches')).body, 'id'), [own], role)
    assert.deepEqual(idsOf((await call('GET', `/batches?key=${theirs.key}`)).body, 'id'), [])
    assert.equal((await call('GET', `/batches/${own}`)).status, 200)
    assert.equal((await call('GET', `/batches/${alien}`)).status, 404)
  }
})

/** What somebody is told as it happens. */
async function watch({ cookie }: Person): Promise<{ text: () => string; ended: Promise<void> }> {
  const response = await fetch(`${stack.gateway.url}/admin/v1/events`, { headers: { cookie } })
  assert.equal(response.status, 200)
  let text = ''
  const read = async () => {
    for await (const chunk of response.body!) text += Buffer.from(chunk).toString()
  }
  return { text: () => text, ended: read() }
}

test('alerts and the live feed are of the own team', async () => {
  const feeds = await Promise.all([...people.values()].map(watch))
  for (const { team, secret } of [theirs, ours]) {
    const cap = { scope: 'team', subject: team, usd: '0.000000001', period: 'day', cap: 'hard' }
    assert.equal((await owner('POST', '/budgets', cap)).status, 201)
    assert.equal((await ask(secret)).status, 429)
  }
  await until('both alerts', async () =>
    asArray((await owner('GET', '/alerts?kind=budget')).body['data']).length === 2 ? true : undefined,
  )
  const subjects = async (call: Person['call'], query = '') => {
    const { data } = (await call('GET', `/alerts${query}`)).body
    return asArray(data).map((row) => asObject(asObject(row)?.['detail'])?.['subject_id'])
  }
  assert.deepEqual(await subjects(owner, `?team=${theirs.team}`), [theirs.team])
  for (const [role, { call }] of people) {
    assert.deepEqual(await subjects(call), [ours.team], role)
    assert.deepEqual(await subjects(call, `?team=${theirs.team}`), [], role)
  }
  for (const { text } of feeds) {
    await until('the request and the alert', () =>
      /event: request\n[^]*event: alert\n/.test(text()) || /event: alert\n[^]*event: request\n/.test(text())
        ? true
        : undefined,
    )
    for (const alien of Object.values(theirs)) assert.ok(!text().includes(alien), alien)
    assert.ok(text().includes(ours.team))
  }
})

test('a live feed ends with the role, the team or the session that it was opened with', async () => {
  const grants = [{ role: 'viewer', team: ours.team }] as const
  const [demoted, moved, gone, stays] = await Promise.all(
    ['Demoted', 'Moved', 'Gone', 'Stays'].map((name) => createPerson(stack, name, grants)),
  )
  const feeds = await Promise.all([demoted!, moved!, gone!, stays!].map(watch))
  await owner('DELETE', `/users/${demoted!.id}/account`)
  await owner('PUT', `/users/${moved!.id}/account`, { roles: [{ role: 'viewer', team: theirs.team }] })
  const signOut = await fetch(`${stack.gateway.url}/admin/v1/session`, {
    method: 'DELETE',
    headers: { cookie: gone!.cookie, 'sec-fetch-site': 'same-origin' },
  })
  assert.equal(signOut.status, 204)
  await Promise.all(feeds.slice(0, 3).map(({ ended }) => ended))
  await ask(ours.secret)
  await until('what happens after the others have left', () =>
    feeds[3]!.text().includes('event: request') ? true : undefined,
  )
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
