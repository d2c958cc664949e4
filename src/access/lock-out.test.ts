/** Whoever tries passwords and keys is slowed down, from however many addresses, and by however many names. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTestClock } from '../../test/support/access.ts'
import { addressGroup } from './address-group.ts'
import { createGuessLimiter } from './guesses.ts'
import { createLockOut } from './lock-out.ts'

const limited = { code: 'rate_limited' }
const hex = (n: number) => n.toString(16)

test('a /64 of IPv6 is one address, however many of it somebody has; others are not', () => {
  const lockOut = createLockOut(createTestClock())
  for (let n = 0; n < 30; n++) lockOut.enter(`a${n}`, `2001:db8:1:2:${hex((n * 7919) % 65_536)}::${hex(n)}`)
  assert.throws(() => lockOut.enter('b', '2001:db8:1:2::ffff'), limited)
  lockOut.enter('b', '2001:db8:1:3::ffff')
  const guesses = createGuessLimiter(createTestClock())
  for (let n = 0; n < 20; n++) assert.equal(guesses.note(`2001:db8::${hex(n)}`), undefined)
  assert.equal(guesses.note('2001:db8:0:0:a:b:c:d')?.code, 'rate_limited')
  assert.equal(guesses.note('2001:db8:0:1:a:b:c:d'), undefined)
})

test('an address of IPv4 is itself, in every form that IPv6 has for it', () => {
  for (const form of ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1']) {
    assert.equal(addressGroup(form), '192.0.2.1')
  }
  assert.equal(addressGroup('192.0.2.1'), '192.0.2.1')
  for (const form of ['fe80::1', 'FE80:0:0:0::2', 'fe80::1%eth0']) {
    assert.equal(addressGroup(form), 'fe80:0:0:0::/64')
  }
  assert.equal(addressGroup('::1'), '0:0:0:0::/64')
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
      const [a, b] = [one, other].map((address) => addressGroup(address))
      assert.match(a!, /^(?:[\da-f]{1,4}(?::[\da-f]{1,4}){3}::\/64|\d+(?:\.\d+){3})$/)
      assert.equal(addressGroup(one.toUpperCase()), a)
      if (a === b) assert.equal(addressGroup(other), a)
    }),
  )
})

test('many other names push nobody out of the count, neither their own nor one that comes late', () => {
  const clock = createTestClock()
  const lockOut = createLockOut(clock)
  for (let n = 0; n < 5; n++) lockOut.enter('victim', undefined)
  for (let n = 0; n < 21_000; n++) lockOut.enter(`other ${n}`, undefined)
  assert.throws(() => lockOut.enter('victim', undefined), limited)
  let tries = 0
  assert.throws(() => {
    for (; tries < 10; tries++) {
      lockOut.enter('late victim', undefined)
      lockOut.enter(`another ${tries}`, undefined)
    }
  }, limited)
  assert.ok(tries <= 5, `${tries} tries`)
  clock.advance(15 * 60_000)
  lockOut.enter('victim', undefined)
  lockOut.enter('late victim', undefined)

  const guesses = createGuessLimiter(clock)
  for (let n = 0; n <= 20; n++) guesses.note('192.0.2.1')
  for (let n = 0; n < 11_000; n++) guesses.note(`10.0.${n >> 8}.${n & 255}`)
  assert.equal(guesses.note('192.0.2.1')?.code, 'rate_limited')
})

test('whoever was right begins anew, and what they tried before is not held against them', () => {
  const lockOut = createLockOut(createTestClock())
  for (let n = 0; n < 5; n++) lockOut.enter('ada', undefined)
  lockOut.pass('ada')
  for (let n = 0; n < 5; n++) lockOut.enter('ada', undefined)
  assert.throws(() => lockOut.enter('ada', undefined), limited)
})
