/** Signing in at a real OpenID provider: groups become roles, and no answer counts but the one that was asked for. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject } from '../../src/core/json.ts'
import { client, openOpenIdProvider, TinyBrowser } from '../support/openid-provider.ts'
import { asOwner, asPage } from '../support/people.ts'
import { startStack } from '../support/stack.ts'

const provider = await openOpenIdProvider({ after })
const stack = await startStack(
  { after },
  {
    env: { OIDC_SECRET: client.secret },
    config: {
      admin: {
        token: 'env:WEIR_ADMIN_TOKEN',
        oidc: {
          name: 'Example',
          issuer: provider.issuer,
          allowPrivateNetwork: true,
          clientId: client.id,
          clientSecret: 'env:OIDC_SECRET',
          roles: [
            { group: 'ops', role: 'admin' },
            { group: 'staff', role: 'viewer' },
          ],
        },
      },
    },
  },
)
const { url } = stack.gateway
const callback = `${url}/admin/v1/session/oidc/callback`
provider.serve(callback)
provider.people.set('ada', { name: 'Ada', email: 'ada@example.com', groups: ['staff', 'ops'] })
provider.people.set('eve', { name: 'Eve', email: 'eve@example.com', groups: ['guests'] })

async function begin(browser: TinyBrowser): Promise<URL> {
  const response = await browser.visit(`${url}/admin/v1/session/oidc`)
  assert.equal(response.status, 303)
  return new URL(response.headers.get('location')!)
}

/** Gives where the gateway sends the browser at last, and what its session may do. */
async function signIn(who: string, browser = new TinyBrowser()) {
  const back = await browser.signInAs(who, (await begin(browser)).href, callback)
  const response = await browser.visit(back)
  const cookie = `weir_session=${browser.cookieOf(url, 'weir_session')}`
  return { back, location: response.headers.get('location'), call: asPage(url, cookie) }
}

test('the way is offered, and asks with PKCE, state and nonce', async () => {
  assert.equal((await asPage(url)('GET', '/session')).body['oidc'], 'Example')
  const [one, other] = [await begin(new TinyBrowser()), await begin(new TinyBrowser())]
  assert.equal(one.origin, provider.issuer)
  assert.equal(one.searchParams.get('code_challenge_method'), 'S256')
  for (const name of ['state', 'nonce', 'code_challenge']) {
    assert.ok((one.searchParams.get(name) ?? '').length >= 43, name)
    assert.notEqual(one.searchParams.get(name), other.searchParams.get(name), name)
  }
  assert.ok(!one.href.includes(client.secret))
})

test('whoever signs in there has the roles of their groups here, anew each time', async () => {
  const { location, call } = await signIn('ada')
  assert.equal(location, '/')
  const { body } = await call('GET', '/me')
  assert.deepEqual(body['roles'], [{ role: 'admin' }, { role: 'viewer' }])
  assert.deepEqual(
    [asObject(body['user'])?.['name'], asObject(body['user'])?.['signs_in_by']],
    ['Ada', 'oidc'],
  )
  assert.equal((await call('GET', '/audit')).status, 200)

  provider.people.get('ada')!.groups = ['staff']
  const later = await signIn('ada')
  const { body: me } = await later.call('GET', '/me')
  assert.deepEqual(me['roles'], [{ role: 'viewer' }])
  assert.equal(asObject(me['user'])?.['id'], asObject(body['user'])?.['id'], 'the same user as before')
  assert.equal((await call('GET', '/audit')).status, 403, 'in the older session too')

  provider.people.get('ada')!.groups = []
  assert.equal((await signIn('ada')).location, '/?sign-in=permission_denied')
  assert.equal((await call('GET', '/keys')).status, 403, 'whoever has left all groups has no role left')
  const acts = asArray((await asOwner(stack)('GET', '/audit?action=account.take-up')).body['data'])
  assert.equal(acts.length, 3)
})

test('somebody of no group is not let in, and is not kept', async () => {
  assert.equal((await signIn('eve')).location, '/?sign-in=permission_denied')
  const { body } = await asOwner(stack)('GET', '/users')
  assert.ok(!JSON.stringify(body).includes('eve@example.com'))
})

test('an answer counts once, in the browser that asked, with its own state', async () => {
  provider.people.get('ada')!.groups = ['ops']
  const browser = new TinyBrowser()
  const back = await browser.signInAs('ada', (await begin(browser)).href, callback)
  const refused = async (by: TinyBrowser, address: string, what: string) => {
    const response = await by.visit(address)
    assert.equal(response.headers.get('location'), '/?sign-in=authentication_failed', what)
    assert.ok(
      response.headers.getSetCookie().every((cookie) => !cookie.includes('weir_session=')),
      what,
    )
  }
  await refused(new TinyBrowser(), back, 'a link that somebody else is made to open')
  const victim = new TinyBrowser()
  await begin(victim)
  await refused(victim, back, "another's answer in a browser that is signing in itself")
  const tampered = new URL(back)
  tampered.searchParams.set('code', 'made-up')
  const third = new TinyBrowser()
  const own = await third.signInAs('ada', (await begin(third)).href, callback)
  tampered.searchParams.set('state', new URL(own).searchParams.get('state')!)
  await refused(third, tampered.href, 'a made-up code')
  await refused(third, own, 'after a failure one begins anew')
  assert.equal((await browser.visit(back)).headers.get('location'), '/')
  await refused(browser, back, 'the second time')
})

test('an account with a password keeps its address, whatever another service says', async () => {
  const owner = asOwner(stack)
  const { body } = await owner('POST', '/users', { name: 'Grace', email: 'grace@example.com' })
  await owner('PUT', `/users/${String(body['id'])}/account`, { roles: [{ role: 'owner' }] })
  provider.people.set('mallory', { name: 'Grace', email: 'grace@example.com', groups: ['staff'] })
  const { call } = await signIn('mallory')
  const me = await call('GET', '/me')
  assert.deepEqual(me.body['roles'], [{ role: 'viewer' }])
  assert.notEqual(asObject(me.body['user'])?.['id'], body['id'])
  assert.equal(asObject(me.body['user'])?.['email'], undefined)
})
