/** Roles over a running gateway: every route for every role, and what of their own each may do. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { type Role, roles } from '../../src/admin/policy.ts'
import { asArray, asObject, asString, type Json, type JsonObject } from '../../src/core/json.ts'
import { chatLine } from '../support/batches.ts'
import { accept, asOwner, asPage, createPerson, password, type Person } from '../support/people.ts'
import { startStack } from '../support/stack.ts'

const app = 'https://app.example'
const stack = await startStack({ after }, { config: { access: { browserKeys: { origins: [app] } } } })
const owner = asOwner(stack)
const searchTeam = asString((await owner('POST', '/teams', { name: 'search' })).body['id'])!
const otherTeam = asString((await owner('POST', '/teams', { name: 'other' })).body['id'])!
const people = new Map<Role, Person>()
for (const role of roles) people.set(role, await createPerson(stack, role, [{ role }]))
const inTeam = (name: string, role: Role) =>
  createPerson(stack, name, [{ role, team: searchTeam }], { team: searchTeam })
const teamPeople = new Map<Role, Person>()
for (const role of roles) teamPeople.set(role, await inTeam(`Team${role}`, role))
const teamAdmin = teamPeople.get('admin')!
const teamMember = teamPeople.get('member')!
const teamViewer = teamPeople.get('viewer')!

interface Operation {
  readonly method: string
  readonly path: string
  readonly policy: string
}

async function inventory(): Promise<Operation[]> {
  const { paths } = await stack.admin('/openapi.json')
  return Object.entries(asObject(paths) ?? {}).flatMap(([path, item]) =>
    Object.entries(asObject(item) ?? {}).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      policy: asString(asObject(operation)?.['x-weir-policy']) ?? '',
    })),
  )
}

/** The status of a call whose body, where it is read at all, is not JSON: who may call changes nothing either. */
async function statusFor({ cookie }: Person, { method, path }: Operation): Promise<number> {
  const leave = new AbortController()
  const response = await fetch(`${stack.gateway.url}/admin/v1${path.replaceAll(/\{\w+\}/g, 'some-id')}`, {
    method,
    signal: leave.signal,
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: '{ not JSON' }),
  })
  leave.abort()
  return response.status
}

/** Who passes where, by the table of docs/roles.md: a change of it is seen in a review. */
function readTable(): ReadonlyMap<string, readonly [organisation: string, team: string]> {
  const text = readFileSync(new URL('../../docs/roles.md', import.meta.url), 'utf8')
  const rows = text.matchAll(/^\| `([A-Z]+ \/[^`]*)` \| `[\w:]+` \| ([\w, ]*) \| ([\w, ]*) \|$/gm)
  return new Map(
    [...rows].map(([, route = '', ofOrganisation = '', ofTeam = '']) => [route, [ofOrganisation, ofTeam]]),
  )
}

test('each route, each role: 403 before the body is read, unless the table lets the role in', async () => {
  const table = readTable()
  const mayOf = new Map<Person, readonly Json[]>()
  for (const person of [...people.values(), ...teamPeople.values()]) {
    mayOf.set(person, asArray((await person.call('GET', '/me')).body['may']))
  }
  const routes = await inventory()
  assert.ok(routes.length > 100, `${routes.length} routes`)
  assert.deepEqual(
    routes.map(({ method, path }) => `${method} ${path}`).toSorted(),
    [...table.keys()].toSorted(),
    'the table has every route, and no other',
  )
  for (const route of routes) {
    const name = `${route.method} ${route.path}`
    const [ofOrganisation, ofTeam] = table.get(name)!
    for (const [those, allowed, where] of [
      [people, ofOrganisation, 'organisation'],
      [teamPeople, ofTeam, 'team'],
    ] as const) {
      const passed: Role[] = []
      for (const [role, person] of those) {
        const status = await statusFor(person, route)
        assert.notEqual(status, 401)
        if (status !== 403) passed.push(role)
        const isTold = mayOf.get(person)!.includes(route.policy)
        assert.equal(isTold, status !== 403, `${name}: what a ${role} of a ${where} is told by /me`)
      }
      assert.equal(passed.join(', '), allowed.trim(), `${name} for the roles of a ${where}`)
    }
  }
})

const codeOf = (body: JsonObject) => asObject(body['error'])?.['code']

test('a member makes keys for themselves, within their ceiling, and touches no other', async () => {
  const ceiling = { models: ['openai/*'], max_usd_per_request: '0.5', limits: { rpm: 60 } }
  const member = await createPerson(stack, 'Ada', [{ role: 'member' }], { ceiling })
  const { status, body } = await member.call('POST', '/keys', { name: 'mine', models: ['openai/echo'] })
  assert.equal(status, 201, JSON.stringify(body))
  assert.deepEqual(
    [body['user'], body['models'], body['max_usd_per_request'], body['limits']],
    [member.id, ['openai/echo'], '0.5', { rpm: 60 }],
    'what is not asked for comes from the ceiling',
  )
  for (const wish of [
    { models: ['*'] },
    { models: ['openai/echo', 'claude/echo'] },
    { clearances: ['pii'] },
    { max_usd_per_request: '0.51' },
    { limits: { rpm: 61 } },
    { user: people.get('owner')!.id },
  ]) {
    const made = await member.call('POST', '/keys', { name: 'more', ...wish })
    assert.deepEqual([made.status, codeOf(made.body)], [403, 'permission_denied'], JSON.stringify(wish))
    const changed = await member.call('PATCH', `/keys/${String(body['id'])}`, wish)
    assert.equal(changed.status, 403, `changed to ${JSON.stringify(wish)}`)
  }
  const freed = await member.call('PATCH', `/keys/${String(body['id'])}`, { models: null })
  assert.deepEqual(freed.body['models'], ['openai/*'], 'taken away, the ceiling is what is left')
  const strong = await owner('POST', '/keys', { name: 'strong' })
  const id = asString(strong.body['id'])!
  assert.equal((await member.call('GET', `/keys/${id}`)).status, 200)
  for (const [method, path, wish] of [
    ['PATCH', `/keys/${id}`, { user: member.id }],
    ['POST', `/keys/${id}/rotate`, {}],
    ['DELETE', `/keys/${id}`, undefined],
  ] as const) {
    assert.equal((await member.call(method, path, wish)).status, 403, `${method} ${path}`)
  }
  const given = await owner('POST', '/keys', { name: 'given', user: member.id, clearances: ['pii'] })
  const rotated = await member.call('POST', `/keys/${String(given.body['id'])}/rotate`, {})
  assert.equal(rotated.status, 403, 'a secret of a key that is more than they could make')
})

test('a role in a team sees and changes what is of that team', async () => {
  const outside = await owner('POST', '/keys', { name: 'outside', team: otherTeam })
  const alien = asString(outside.body['id'])!
  const made = await teamAdmin.call('POST', '/keys', { name: 'ours' })
  assert.deepEqual([made.status, made.body['team']], [201, searchTeam])
  const own = await teamMember.call('POST', '/keys', { name: 'hers' })
  assert.deepEqual([own.body['team'], own.body['user']], [searchTeam, teamMember.id])
  const listed = await teamViewer.call('GET', '/keys')
  assert.deepEqual(
    new Set(asArray(listed.body['data']).map((key) => asObject(key)?.['name'])),
    new Set(['ours', 'hers']),
  )
  assert.equal((await teamViewer.call('GET', `/keys/${alien}`)).status, 404)
  assert.equal((await teamAdmin.call('PATCH', `/keys/${alien}`, { name: 'x' })).status, 404)
  assert.equal((await teamAdmin.call('POST', '/keys', { name: 'x', team: otherTeam })).status, 403)
  assert.equal(
    (await teamAdmin.call('PATCH', `/keys/${String(made.body['id'])}`, { team: otherTeam })).status,
    403,
  )
  assert.equal((await teamMember.call('DELETE', `/keys/${String(made.body['id'])}`)).status, 403)
  const teams = await teamViewer.call('GET', '/teams')
  assert.deepEqual(
    asArray(teams.body['data']).map((team) => asObject(team)?.['id']),
    [searchTeam],
  )
  assert.equal((await teamViewer.call('GET', `/teams/${otherTeam}`)).status, 404)
  assert.equal((await teamViewer.call('GET', `/users/${people.get('owner')!.id}`)).status, 404)
  assert.equal((await teamViewer.call('GET', '/usage?by=team')).status, 200)
  assert.equal((await teamViewer.call('GET', `/usage?by=team&team=${otherTeam}`)).status, 403)
})

test('nobody gives a role, or takes over an account, beyond their own', async () => {
  const admin = people.get('admin')!
  const boss = people.get('owner')!
  const set = (person: Person, id: string, grants: JsonObject[]) =>
    person.call('PUT', `/users/${id}/account`, { roles: grants })
  assert.equal((await set(admin, people.get('viewer')!.id, [{ role: 'member' }])).status, 200)
  assert.equal((await set(admin, admin.id, [{ role: 'owner' }])).status, 403)
  assert.equal((await set(admin, boss.id, [{ role: 'viewer' }])).status, 403)
  assert.equal((await admin.call('POST', `/users/${boss.id}/invitation`)).status, 403)
  assert.equal((await admin.call('DELETE', `/users/${boss.id}`)).status, 403)
  assert.equal((await admin.call('PATCH', `/users/${boss.id}`, { email: 'evil@example.com' })).status, 403)
  assert.equal((await set(teamAdmin, teamMember.id, [{ role: 'viewer', team: searchTeam }])).status, 200)
  assert.equal((await set(teamAdmin, teamMember.id, [{ role: 'viewer' }])).status, 403)
  assert.equal((await set(teamAdmin, teamMember.id, [{ role: 'viewer', team: otherTeam }])).status, 403)
  assert.equal((await teamAdmin.call('POST', '/users', { name: 'x', team: otherTeam })).status, 403)
})

test('whoever gives an account gives it no more than their own ceiling, themselves included', async () => {
  const ceiling = { models: ['openai/*'] }
  const bounded = await createPerson(stack, 'Bounded', [{ role: 'admin' }], { ceiling })
  const set = (person: Person, id: string, account: JsonObject) =>
    person.call('PUT', `/users/${id}/account`, account)
  const roleOf = (role: Role, team?: string) => ({ roles: [{ role, ...(team !== undefined && { team }) }] })
  const own = await set(bounded, bounded.id, roleOf('admin'))
  assert.deepEqual([own.status, asObject(own.body['ceiling'])?.['models']], [200, ['openai/*']])
  const other = people.get('auditor')!
  assert.equal((await set(bounded, other.id, { ...roleOf('admin'), ceiling: { models: ['*'] } })).status, 403)
  const given = await set(bounded, other.id, roleOf('admin'))
  assert.deepEqual(asObject(given.body['ceiling'])?.['models'], ['openai/*'])
  assert.equal((await other.call('POST', '/keys', { name: 'more', models: ['*'] })).status, 403)
  assert.equal((await set(people.get('admin')!, other.id, roleOf('viewer'))).status, 200)
  // A team's admin has no clearance to give, neither to a key nor by way of somebody's account.
  const ada = await inTeam('TeamAda', 'member')
  const wish = { ...roleOf('member', searchTeam), ceiling: { clearances: ['pii'] } }
  assert.equal((await set(teamAdmin, ada.id, wish)).status, 403)
  assert.equal((await set(teamAdmin, ada.id, roleOf('member', searchTeam))).status, 200)
  assert.equal((await ada.call('POST', '/keys', { name: 'x', clearances: ['pii'] })).status, 403)
  assert.equal((await ada.call('POST', '/keys', { name: 'x' })).status, 201)
})

test('nobody takes over somebody whose keys may hold more than their own', async () => {
  const cleared = await createPerson(stack, 'Cleared', [{ role: 'member', team: searchTeam }], {
    team: searchTeam,
    ceiling: { clearances: ['pii'] },
  })
  const bounded = await createPerson(stack, 'BoundedHost', [{ role: 'admin' }], {
    ceiling: { models: ['openai/*'], limits: { rpm: 60 } },
  })
  const looser = await createPerson(stack, 'Looser', [{ role: 'member' }], {
    ceiling: { models: ['openai/*'], limits: { rpm: 61 } },
  })
  const free = await createPerson(stack, 'Free', [{ role: 'admin' }])
  for (const [person, id] of [
    [teamAdmin, cleared.id],
    [bounded, free.id],
    [bounded, looser.id],
  ] as const) {
    const invited = await person.call('POST', `/users/${id}/invitation`)
    assert.deepEqual([invited.status, codeOf(invited.body)], [403, 'permission_denied'])
    assert.equal((await person.call('PATCH', `/users/${id}`, { email: 'evil@example.com' })).status, 403)
    assert.equal((await person.call('DELETE', `/users/${id}/account`)).status, 403)
  }
  const narrower = await createPerson(stack, 'Narrower', [{ role: 'admin' }], {
    ceiling: { models: ['openai/echo'], limits: { rpm: 5 }, max_usd_per_request: '1' },
  })
  assert.equal((await bounded.call('POST', `/users/${narrower.id}/invitation`)).status, 201)
  // Whoever makes no keys has none that could hold more.
  const viewer = await createPerson(stack, 'Onlooker', [{ role: 'viewer' }])
  assert.equal((await bounded.call('POST', `/users/${viewer.id}/invitation`)).status, 201)
  assert.equal((await teamAdmin.call('POST', `/users/${teamMember.id}/invitation`)).status, 201)
})

test('who is bounded has no key of a page, and no batch, made of a key that is not', async () => {
  const ceiling = { models: ['openai/*'], max_usd_per_request: '0.5', clearances: ['eu'] }
  const bounded = await createPerson(stack, 'BoundedMaker', [{ role: 'admin' }], { ceiling })
  const free = await createPerson(stack, 'FreeMaker', [{ role: 'admin' }])
  const idOf = async (wish: JsonObject) => asString((await owner('POST', '/keys', wish)).body['id'])!
  const open = await idOf({ name: 'open' })
  const narrow = await idOf({ name: 'narrow', models: ['openai/echo'], max_usd_per_request: '0.2' })
  const marked = await idOf({ name: 'marked', ...ceiling, clearances: ['pii'] })
  const mint = async ({ call }: Person, key: string, models: string[], wish: JsonObject = {}) =>
    (await call('POST', `/keys/${key}/browser`, { models, origins: [app], ...wish })).status
  for (const key of ['declared:test', open]) {
    assert.equal(await mint(bounded, key, ['*'], { max_usd_per_request: '0.5' }), 403, key)
    assert.equal(await mint(bounded, key, ['openai/echo']), 403, `${key}: a request of it may cost anything`)
    assert.equal(await mint(bounded, key, ['openai/echo'], { max_usd_per_request: '0.5' }), 201, key)
    assert.equal(await mint(free, key, ['*']), 201, key)
    assert.equal(await mint(teamAdmin, key, ['*']), 403, key)
  }
  assert.equal(await mint(bounded, narrow, ['openai/echo']), 201)
  const upload = async ({ cookie }: Person, key: string) => {
    const form = new FormData()
    form.set('purpose', 'batch')
    form.set('file', new Blob([JSON.stringify(chatLine('a', 'openai/echo'))]), 'in.jsonl')
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const url = `${stack.gateway.url}/admin/v1/batch-files?key=${key}`
    const response = await fetch(url, { method: 'POST', headers, body: form })
    return { status: response.status, body: (await response.json()) as JsonObject }
  }
  for (const key of ['declared:test', open, marked]) {
    assert.equal((await upload(bounded, key)).status, 403, key)
    const batch = { key, input_file_id: 'file-x', endpoint: '/v1/chat/completions' }
    assert.equal((await bounded.call('POST', '/batches', batch)).status, 403, key)
    assert.equal((await upload(free, key)).status, 200, key)
  }
  const { status, body } = await upload(bounded, narrow)
  assert.equal(status, 200, JSON.stringify(body))
  const batch = { key: narrow, input_file_id: body['id']!, endpoint: '/v1/chat/completions' }
  assert.equal((await bounded.call('POST', '/batches', batch)).status, 200)
})

test('a role that is taken away is gone at once, and so is the session of whoever is removed', async () => {
  const person = await createPerson(stack, 'Grace', [{ role: 'admin' }])
  assert.equal((await person.call('GET', '/audit')).status, 200)
  await owner('PUT', `/users/${person.id}/account`, { roles: [{ role: 'viewer' }] })
  assert.equal((await person.call('GET', '/audit')).status, 403)
  assert.equal((await person.call('GET', '/keys')).status, 200)
  await owner('DELETE', `/users/${person.id}/account`)
  assert.equal((await person.call('GET', '/keys')).status, 401)
})

test('an account that is given back opens no session, and takes no invitation, of before', async () => {
  const person = await createPerson(stack, 'Back', [{ role: 'viewer' }])
  const invited = await owner('POST', `/users/${person.id}/invitation`)
  await owner('DELETE', `/users/${person.id}/account`)
  assert.equal((await person.call('GET', '/keys')).status, 401)
  const given = await owner('PUT', `/users/${person.id}/account`, { roles: [{ role: 'admin' }] })
  assert.equal(given.status, 200)
  assert.equal((await person.call('GET', '/keys')).status, 401)
  const token = asString(invited.body['path'])!.split('#')[1]!
  const accepted = await asPage(stack.gateway.url)('POST', '/session/invitation', { token, password })
  assert.equal(accepted.status, 401)
  const again = await owner('POST', `/users/${person.id}/invitation`)
  await accept(stack.gateway.url, asString(again.body['path'])!)
})

test('nobody makes a key on the account of a team or of somebody that is not theirs to charge', async () => {
  const member = await createPerson(stack, 'Spender', [{ role: 'member' }], { team: searchTeam })
  const own = await member.call('POST', '/keys', { name: 'own', team: searchTeam })
  assert.equal(own.status, 201, JSON.stringify(own.body))
  assert.equal((await member.call('POST', '/keys', { name: 'by default' })).status, 201)
  const id = asString(own.body['id'])!
  assert.equal((await member.call('POST', '/keys', { name: 'x', team: otherTeam })).status, 403)
  assert.equal((await member.call('PATCH', `/keys/${id}`, { team: otherTeam })).status, 403)
  const ofBoth = await createPerson(
    stack,
    'Both',
    [{ role: 'member' }, { role: 'member', team: otherTeam }],
    { team: searchTeam },
  )
  assert.equal((await ofBoth.call('POST', '/keys', { name: 'x', team: otherTeam })).status, 201)
  // A team's admin gives keys to those of the team, and to themselves.
  const boss = people.get('owner')!.id
  assert.equal((await teamAdmin.call('POST', '/keys', { name: 'x', user: boss })).status, 403)
  const made = await teamAdmin.call('POST', '/keys', { name: 'x', user: teamMember.id })
  assert.equal(made.status, 201)
  assert.equal(
    (await teamAdmin.call('PATCH', `/keys/${String(made.body['id'])}`, { user: boss })).status,
    403,
  )
  const strangers = await owner('POST', '/keys', { name: 'lent', user: boss, team: searchTeam })
  const lent = `/keys/${String(strangers.body['id'])}`
  assert.equal((await teamAdmin.call('PATCH', lent, { name: 'still lent' })).status, 200)
  assert.equal((await teamAdmin.call('DELETE', lent)).status, 200)
})

test('the budgets and tags of a ceiling are on every key, beside what its maker writes there', async () => {
  const cap = { usd: '5', period: 'day', window: 'calendar', cap: 'hard' }
  const ceiling = { budgets: [cap], tags: ['dept:search'] }
  const member = await createPerson(stack, 'Capped', [{ role: 'member' }], { ceiling })
  const shown = ({ body }: { body: JsonObject }) => [
    asArray(body['budgets']).map((budget) => [asObject(budget)?.['usd'], asObject(budget)?.['period']]),
    body['tags'],
  ]
  const plain = await member.call('POST', '/keys', { name: 'plain' })
  assert.deepEqual(shown(plain), [[['5', 'day']], ['dept:search']])
  const week = { ...cap, usd: '1', period: 'week' }
  const made = await member.call('POST', '/keys', { name: 'more', budgets: [week], tags: ['own'] })
  const both = [
    ['5', 'day'],
    ['1', 'week'],
  ]
  assert.deepEqual(shown(made), [both, ['dept:search', 'own']])
  const path = `/keys/${String(made.body['id'])}`
  assert.deepEqual(shown(await member.call('PATCH', path, { name: 'same' })), [both, ['dept:search', 'own']])
  const bare = await member.call('PATCH', path, { budgets: [], tags: [] })
  assert.deepEqual(shown(bare), [[['5', 'day']], ['dept:search']])
  const own = await member.call('PATCH', path, { budgets: [{ ...cap, usd: '4' }] })
  assert.deepEqual(shown(own)[0], [['4', 'day']], 'a narrower one of the same kind takes its place')
  for (const wider of [{ usd: '6' }, { cap: 'soft', usd: '6' }]) {
    const answer = await member.call('PATCH', path, { budgets: [{ ...cap, ...wider }] })
    const isRefused = answer.status === 403
    const holds = asArray(answer.body['budgets']).some((budget) => asObject(budget)?.['usd'] === '5')
    assert.ok(isRefused || holds, JSON.stringify(answer.body))
  }
})
