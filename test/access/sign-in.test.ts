/** Signing in with a password over a running gateway: invitations, sessions, lock-out, and what other sites cannot do. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { accept, asOwner, asPage, callWith, cookieOf, createPerson, password } from '../support/people.ts'
import { createCookies } from '../../src/access/sessions.ts'
import { adminToken, startStack } from '../support/stack.ts'

const stack = await startStack({ after })
const { url } = stack.gateway
const owner = asOwner(stack)

const signIn = (email: string, given: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/admin/v1/session`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ email, password: given }),
  })

test('somebody is invited, chooses a password, signs in with it, and out', async () => {
  const made = await owner('POST', '/users', { name: 'Ada', email: 'Ada@Example.com' })
  const id = asString(made.body['id'])!
  assert.equal(
    (await owner('POST', `/users/${id}/invitation`)).status,
    409,
    'without a role there is nothing to sign in to',
  )
  await owner('PUT', `/users/${id}/account`, { roles: [{ role: 'viewer' }] })
  const invited = await owner('POST', `/users/${id}/invitation`)
  const path = asString(invited.body['path'])!
  assert.match(path, /^\/invitation#/, 'what is after the # goes to no server and into no log')
  assert.equal(invited.body['url'], url + path)
  const bad = await asPage(url)('POST', '/session/invitation', {
    token: path.split('#')[1]!,
    password: 'short',
  })
  assert.equal(bad.status, 400, 'whoever chooses badly may choose again')
  const first = await accept(url, path)
  const again = await asPage(url)('POST', '/session/invitation', { token: path.split('#')[1]!, password })
  assert.equal(again.status, 401, 'an invitation is used once')

  const response = await signIn('ada@EXAMPLE.com', password)
  assert.equal(response.status, 204)
  const cookie = cookieOf(response)
  const me = await asPage(url, cookie)('GET', '/me')
  assert.deepEqual(me.body['roles'], [{ role: 'viewer' }])
  assert.equal(asObject(me.body['user'])?.['signs_in_by'], 'password')
  assert.equal((await asPage(url, cookie)('DELETE', '/session')).status, 204)
  assert.equal((await asPage(url, cookie)('GET', '/me')).status, 401)
  assert.equal((await asPage(url, first)('GET', '/me')).status, 200, 'another session goes on')
})

test('a changed password ends every session; the present one is needed for it', async () => {
  const { call, cookie, email } = await createPerson(stack, 'Grace', [{ role: 'member' }])
  const next = 'quite another password'
  assert.equal((await call('PUT', '/me/password', { present: 'wrong', password: next })).status, 403)
  assert.equal((await call('PUT', '/me/password', { present: password, password: 'grace' })).status, 400)
  assert.equal((await call('PUT', '/me/password', { present: password, password: next })).status, 204)
  assert.equal((await asPage(url, cookie)('GET', '/me')).status, 401)
  assert.equal((await signIn(email, password)).status, 401)
  assert.equal((await signIn(email, next)).status, 204)
})

test('wrong names and wrong passwords are told alike, and lock out alike, many at once too', async () => {
  const { email } = await createPerson(stack, 'Linus', [{ role: 'member' }])
  const tell = async (name: string) => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => signIn(name, 'not the password')))
    const texts = await Promise.all(
      answers.map(async (answer) => [
        answer.status,
        asObject(((await answer.json()) as JsonObject)['error'])?.['message'],
      ]),
    )
    return texts.toSorted((a, b) => Number(a[0]) - Number(b[0]))
  }
  const known = await tell(email)
  assert.deepEqual(
    known.map(([status]) => status),
    [401, 401, 401, 401, 401, 429],
  )
  assert.deepEqual(await tell('nobody@example.com'), known)
  const late = await signIn(email, password)
  assert.equal(late.status, 429, 'the right one has to wait too')
  assert.ok(Number(late.headers.get('retry-after') ?? '1') > 0)
})

test('a session writes from its own pages only, and an API key is no session', async () => {
  const { cookie, email } = await createPerson(stack, 'Barbara', [{ role: 'owner' }])
  for (const site of ['cross-site', 'same-site', 'none', undefined]) {
    const call = callWith(url, { cookie, ...(site !== undefined && { 'sec-fetch-site': site }) })
    assert.equal((await call('POST', '/keys', { name: 'forged' })).status, 403, String(site))
    assert.equal((await call('DELETE', '/session')).status, 403, String(site))
    const signedIn = await signIn(email, password, { 'sec-fetch-site': site ?? 'cross-site' })
    assert.equal(signedIn.status, 403, `signing somebody in as somebody else: ${String(site)}`)
  }
  const keys = await owner('GET', '/keys')
  assert.ok(asArray(keys.body['data']).every((key) => asObject(key)?.['name'] !== 'forged'))
})

test('the cookie is bound to the host over HTTPS, and is no more than browsers take over HTTP', () => {
  const secure = createCookies(true).session('t')
  assert.match(secure, /^__Host-weir_session=t; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/)
  assert.match(
    createCookies(false).session('t'),
    /^weir_session=t; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
  )
  assert.equal(
    createCookies(true).readSession('weir_session=t'),
    undefined,
    'one that any sister host could set',
  )
})

test('no password, no token of a session or an invitation is kept, in the audit or elsewhere', async () => {
  const person = await createPerson(stack, 'Margaret', [{ role: 'viewer' }])
  const next = 'a password like no other'
  await person.call('PUT', '/me/password', { present: password, password: next })
  const audit = JSON.stringify((await owner('GET', '/audit?limit=1000')).body)
  assert.match(audit, /account\.password/)
  const folder = stack.gateway.config.dataDir
  const stored = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.db(?:-wal)?$/.test(name))
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
  for (const secret of [password, next, person.cookie.split('=')[1]!]) {
    for (const text of [audit, ...stored, ...stack.log]) assert.ok(!text.includes(secret), secret)
  }
})

test('whoever is not let in is in the audit, and who sends wrong tokens is told to wait', async (t) => {
  const own = await startStack(t)
  const { id, email } = await createPerson(own, 'Edsger', [{ role: 'viewer' }])
  const page = asPage(own.gateway.url)
  assert.equal((await page('POST', '/session', { email, password: 'not the password' })).status, 401)
  const found = await asOwner(own)('GET', '/audit?action=session.refuse')
  const [act] = asArray(found.body['data']).map((each) => asObject(each)!)
  assert.equal(act?.['actor'], 'stranger')
  assert.deepEqual(act?.['after'], {
    tries: 1,
    ways: { [`password user:${id}`]: 1 },
    addresses: { '127.0.0.1': 1 },
  })
  const wrong = callWith(own.gateway.url, { authorization: 'Bearer not-the-token-of-this-gateway' })
  const statuses: number[] = []
  for (let n = 0; n < 11; n++) {
    statuses.push((await wrong('GET', '/keys')).status)
    statuses.push((await page('POST', '/session', { token: 'not-the-token-of-this-gateway' })).status)
  }
  assert.deepEqual(statuses, [...Array.from({ length: 20 }, () => 401), 429, 429])
  assert.equal((await asOwner(own)('GET', '/keys')).status, 200, 'the right one always passes')
  const again = await asOwner(own)('GET', '/audit?action=session.refuse')
  assert.equal(asArray(again.body['data']).length, 1, 'what follows is told in sums')
})

test('a session of the admin token ends when the token is another one', async (t) => {
  const own = await startStack(t, { env: { OTHER_TOKEN: 'another-token-of-16-characters' } })
  const opened = await fetch(`${own.gateway.url}/admin/v1/session`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({ token: adminToken }),
  })
  assert.equal(opened.status, 204)
  const page = asPage(own.gateway.url, cookieOf(opened))
  const link = await fetch(own.gateway.signInUrl, { redirect: 'manual' })
  const byLink = asPage(own.gateway.url, cookieOf(link))
  assert.equal((await page('GET', '/keys')).status, 200)
  const config = JSON.parse(readFileSync(own.configFile, 'utf8')) as JsonObject
  writeFileSync(own.configFile, JSON.stringify({ ...config, admin: { token: 'env:OTHER_TOKEN' } }))
  await own.gateway.reload()
  assert.equal((await page('GET', '/keys')).status, 401)
  assert.equal((await byLink('GET', '/keys')).status, 200, 'the link was not made of the token')
})
