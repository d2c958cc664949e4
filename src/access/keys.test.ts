/** Keys are recognised by form, then by secret; every refusal looks the same. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { openAccess } from '../../test/support/access.ts'
import { Secret } from '../core/secret.ts'
import { generateKey, parseKey } from './key-format.ts'
import { authoriseModel, authoriseSensitive } from './principal.ts'

const from = (credential: string | undefined, clientAddress = '192.0.2.1') => ({ credential, clientAddress })
const wish = { org: 'default', name: 'first', metadata: {}, rules: {} }

test('a created key is known, and its text is kept nowhere', async (t) => {
  const { keyring, registrar, directory } = await openAccess(t)
  const { key, text } = await registrar.createKey(wish)
  assert.match(text, /^weir_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
  assert.deepEqual(keyring.identify(from(text)), { org: 'default', keyId: key.id, keyName: 'first' })
  assert.equal(keyring.identify(from(text)), keyring.identify(from(text)))
  assert.ok(!JSON.stringify([...directory.keys.values()]).includes(parseKey(text)!.secret))
})

test('no single changed character of a key passes', async (t) => {
  const { keyring, registrar } = await openAccess(t)
  const { text } = await registrar.createKey(wish)
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...'0aZ_-'), (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1)
      if (changed === text) return
      assert.throws(() => keyring.identify({ credential: changed, clientAddress: undefined }), {
        code: 'authentication_failed',
      })
    }),
  )
})

test('unknown, malformed, wrong, revoked and expired keys are refused alike', async (t) => {
  const { keyring, registrar, clock } = await openAccess(t)
  const revoked = await registrar.createKey(wish)
  await registrar.revokeKey('default', revoked.key.id)
  const expiring = await registrar.createKey({ ...wish, expiresAtMs: clock.nowMs() + 1000 })
  assert.equal(keyring.identify(from(expiring.text)).keyId, expiring.key.id)
  clock.advance(1000)
  const unknown = generateKey(randomBytes).text
  const wrong = generateKey(randomBytes, expiring.key.id).text
  const credentials = [undefined, '', 'sk-1', 'x'.repeat(10_000), unknown, wrong, revoked.text, expiring.text]
  const answers = credentials.map((credential) => {
    try {
      return keyring.identify(from(credential))
    } catch (error) {
      const { code, message, status } = error as { code: string; message: string; status: number }
      return JSON.stringify([code, message, status])
    }
  })
  assert.equal(new Set(answers).size, 1)
  assert.match(String(answers[0]), /authentication_failed/)
})

test('wrong keys, well-formed or not, ask the store for nothing', async (t) => {
  const one = await openAccess(t)
  let calls = 0
  const store = {
    ...one.store,
    changedSince(seq: number) {
      calls++
      return one.store.changedSince(seq)
    },
  }
  const { keyring } = await openAccess(t, { beside: { ...one, store } })
  const before = calls
  for (const credential of ['sk-1', "' or 1=1 --", generateKey(randomBytes).text]) {
    assert.throws(() => keyring.identify({ credential, clientAddress: undefined }), {
      code: 'authentication_failed',
    })
  }
  assert.equal(calls, before)
})

test('random text never parses as a key', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => parseKey(text) === undefined))
})

test('after a rotation both secrets hold until the overlap ends, then only the new one', async (t) => {
  const { keyring, registrar, clock, directory } = await openAccess(t)
  const old = await registrar.createKey(wish)
  const renewed = await registrar.rotateKey('default', old.key.id, 60_000)
  for (const { text } of [old, renewed]) assert.equal(keyring.identify(from(text)).keyId, old.key.id)
  clock.advance(59_999)
  assert.equal(keyring.identify(from(old.text)).keyId, old.key.id)
  clock.advance(1)
  await directory.sync()
  assert.throws(() => keyring.identify(from(old.text)), { code: 'authentication_failed' })
  assert.equal(keyring.identify(from(renewed.text)).keyId, old.key.id)
  const last = await registrar.rotateKey('default', old.key.id, 0)
  assert.throws(() => keyring.identify(from(renewed.text)), { code: 'authentication_failed' })
  assert.equal(keyring.identify(from(last.text)).keyId, old.key.id)
})

test('what one instance revokes, another one refuses after its next look', async (t) => {
  const one = await openAccess(t)
  const other = await openAccess(t, { beside: one })
  const { key, text } = await one.registrar.createKey(wish)
  await other.directory.sync()
  assert.equal(other.keyring.identify(from(text)).keyId, key.id)
  const cut: string[] = []
  other.directory.onRevoked((id) => cut.push(id))
  await one.registrar.revokeKey('default', key.id)
  assert.throws(() => one.keyring.identify(from(text)), { code: 'authentication_failed' })
  await other.directory.sync()
  assert.throws(() => other.keyring.identify(from(text)), { code: 'authentication_failed' })
  assert.deepEqual(cut, [key.id])
})

test('a change made beside a revocation does not undo it', async (t) => {
  const one = await openAccess(t)
  const other = await openAccess(t, { beside: one })
  const { key } = await one.registrar.createKey(wish)
  await other.directory.sync()
  await one.registrar.revokeKey('default', key.id)
  const late = other.registrar.editKey('default', key.id, (known) => ({ ...known, name: 'renamed' }))
  await assert.rejects(late, { code: 'conflict' })
})

test('a key is bound to its addresses', async (t) => {
  const { keyring, registrar } = await openAccess(t)
  const allowedAddresses = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']
  const { text } = await registrar.createKey({ ...wish, rules: { allowedAddresses } })
  for (const address of ['10.1.2.3', '2001:db8::1', '192.0.2.7']) {
    assert.equal(keyring.identify(from(text, address)).keyName, 'first')
  }
  for (const address of ['11.0.0.1', '2001:db9::1', '192.0.2.8', '', '10.0.0.1.evil']) {
    assert.throws(() => keyring.identify(from(text, address)), { code: 'address_not_allowed', status: 403 })
  }
  const unknown = { credential: text, clientAddress: undefined }
  assert.throws(() => keyring.identify(unknown), { code: 'address_not_allowed' })
})

test('an address that sends wrong keys is told to wait; a right key from it passes', async (t) => {
  const { keyring, registrar, clock } = await openAccess(t)
  const { text } = await registrar.createKey(wish)
  for (let n = 0; n < 20; n++) {
    assert.throws(() => keyring.identify(from('wrong')), { code: 'authentication_failed' })
  }
  assert.throws(() => keyring.identify(from('wrong')), { code: 'rate_limited', retryAfterMs: 60_000 })
  assert.throws(() => keyring.identify(from('wrong', '192.0.2.9')), { code: 'authentication_failed' })
  assert.equal(keyring.identify(from(text)).keyName, 'first')
  clock.advance(60_000)
  assert.throws(() => keyring.identify(from('wrong')), { code: 'authentication_failed' })
})

test('without the store, known keys hold for a while, and an unknown one is no 401', async (t) => {
  const { keyring, registrar, clock, directory } = await openAccess(t)
  const { text } = await registrar.createKey(wish)
  const elsewhere = generateKey(randomBytes).text
  clock.advance(10_000)
  assert.equal(keyring.identify(from(text)).keyName, 'first')
  assert.throws(() => keyring.identify(from(elsewhere)), { code: 'store_unavailable', status: 503 })
  assert.throws(() => keyring.identify(from('sk-1')), { code: 'authentication_failed' })
  clock.advance(15 * 60_000)
  assert.throws(() => keyring.identify(from(text)), { code: 'store_unavailable' })
  await directory.sync()
  assert.equal(keyring.identify(from(text)).keyName, 'first')
  assert.throws(() => keyring.identify(from(elsewhere)), { code: 'authentication_failed' })
})

test('declared keys have their models, others all', async (t) => {
  const secret = new Secret('a-declared-secret')
  const declared = [{ name: 'ci', secret, models: ['assistant', 'openai/*'] }]
  const { keyring } = await openAccess(t, { declared })
  const principal = keyring.identify(from('a-declared-secret'))
  assert.equal(principal.keyName, 'ci')
  authoriseModel(principal, ['assistant'])
  authoriseModel(principal, ['gpt-5', 'openai/gpt-5'])
  for (const name of ['assistant2', 'xopenai/gpt', 'claude/openai/x']) {
    assert.throws(() => authoriseModel(principal, [name]), { code: 'model_not_allowed' })
  }
  authoriseModel({ org: 'default', keyId: 'k', keyName: 'k' }, ['anything'])
})

test('a sensitive model wants a clearance for each of its marks', () => {
  const base = { org: 'default', keyId: 'k', keyName: 'k' }
  authoriseSensitive(base, 'm', undefined)
  assert.throws(() => authoriseSensitive(base, 'm', ['pii']), { code: 'model_not_allowed' })
  const cleared = { ...base, clearances: new Set(['pii']) }
  authoriseSensitive(cleared, 'm', ['pii'])
  assert.throws(() => authoriseSensitive(cleared, 'm', ['pii', 'health']), { code: 'model_not_allowed' })
})

test('a reload replaces the declared keys and keeps the stored ones', async (t) => {
  const { keyring, registrar } = await openAccess(t, {
    declared: [{ name: 'old', secret: new Secret('the-old-secret-16') }],
  })
  const { text } = await registrar.createKey(wish)
  const next = keyring.renewed({ declared: [{ name: 'new', secret: new Secret('the-new-secret-16') }] })
  assert.equal(next.identify(from('the-new-secret-16')).keyName, 'new')
  assert.throws(() => next.identify(from('the-old-secret-16')), { code: 'authentication_failed' })
  assert.equal(next.identify(from(text)).keyName, 'first')
})

test('a key carries the terms of its team, its own or that of its user, as they are now', async (t) => {
  const { keyring, registrar } = await openAccess(t)
  const metadata = {}
  const team = await registrar.createTeam({
    org: 'default',
    name: 'search',
    markupBasisPoints: 250,
    metadata,
  })
  const user = await registrar.createUser({ org: 'default', name: 'ada', team: team.id, metadata })
  const { text } = await registrar.createKey({ ...wish, user: user.id })
  const terms = { id: team.id, name: 'search', markupBasisPoints: 250 }
  assert.deepEqual(keyring.identify(from(text)).team, terms)
  await registrar.editTeam('default', team.id, (old) => ({ ...old, creditNanoUsd: 5 }))
  assert.deepEqual(keyring.identify(from(text)).team, { ...terms, creditNanoUsd: 5 })
  await registrar.removeTeam('default', team.id)
  assert.throws(() => keyring.identify(from(text)), { code: 'authentication_failed' })
  await assert.rejects(registrar.createKey({ ...wish, team: team.id }), { code: 'invalid_request' })
})

test('a revocation elsewhere is seen by the next poll, without anybody asking', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const one = await openAccess(t)
  const { key } = await one.registrar.createKey(wish)
  const other = await openAccess(t, { beside: one })
  await other.directory.open()
  t.after(() => other.directory.close())
  const cut = new Promise<string>((resolve) => other.directory.onRevoked(resolve))
  await one.registrar.revokeKey('default', key.id)
  t.mock.timers.tick(2_000)
  assert.equal(await cut, key.id)
})
