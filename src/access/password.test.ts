/** Passwords match what was hashed from them and nothing else; bad ones are refused, and too many at once wait. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkNewPassword, createPasswords } from './password.ts'

const passwords = createPasswords()
const quick = createPasswords({ N: 1024, r: 8, p: 1 })

test('a password matches its own hash, in either Unicode form, and no other', async () => {
  const kept = await passwords.hash('Zoë has a password')
  assert.match(kept, /^scrypt\$32768\$8\$3\$/)
  assert.notEqual(await passwords.hash('Zoë has a password'), kept, 'each has a salt of its own')
  assert.ok(await passwords.matches('Zoe\u0308 has a password', kept))
  assert.equal(await passwords.matches('Zoe has a password', kept), false)
  assert.equal(await passwords.matches('Zoë has a password', undefined), false)
})

test('no password matches where none is kept', async () => {
  for (const guess of ['', '\0', 'undefined']) assert.equal(await quick.matches(guess, undefined), false)
})

test('what is short, long, one letter over and over, or the name itself is refused', () => {
  for (const bad of [
    '',
    'elevenchars',
    'aaaaaaaaaaaaaaa',
    'ada.lovelace',
    'Ada.Lovelace1',
    'x'.repeat(257),
  ]) {
    assert.throws(() => checkNewPassword(bad, 'ada.lovelace@example.com'), { code: 'invalid_request' }, bad)
  }
  checkNewPassword('twelve chars', 'ada.lovelace@example.com')
})

test('more than may wait are told to come back, and the others get their turn', async () => {
  const tries = Array.from({ length: 40 }, () => quick.matches('x', undefined))
  const settled = await Promise.allSettled(tries)
  const refused = settled.filter((one) => one.status === 'rejected')
  assert.equal(refused.length, 6)
  assert.ok(refused.every(({ reason }) => (reason as { code?: string }).code === 'overloaded'))
})
