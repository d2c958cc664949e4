/** Nobody is offered what the gateway refuses: keys of others, and people with more rights. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { type Me, mayChangeKey, mayChangeUser, mayGive } from './rights.ts'

const user = { id: 'u1', name: 'Ada', created_at: '2026-01-01T00:00:00Z', metadata: {} }
const meWith = (...roles: Me['roles']): Me => ({ org: 'default', actor: 'user:u1', roles, may: [], user })

test('a member changes their own keys, an admin those of the team, a viewer none', () => {
  const users = [{ ...user, id: 'u2', team: 't2' }]
  const own = { user: 'u1' }
  const other = { user: 'u2' }
  assert.deepEqual(
    [own, other].map((key) => mayChangeKey(meWith({ role: 'member' }), key, users)),
    [true, false],
  )
  assert.deepEqual(
    [own, other].map((key) => mayChangeKey(meWith({ role: 'admin', team: 't2' }), key, users)),
    [false, true],
  )
  assert.equal(mayChangeKey(meWith({ role: 'viewer' }, { role: 'auditor' }), own, users), false)
})

test('an admin neither makes owners nor changes them', () => {
  const admin = meWith({ role: 'admin' })
  assert.deepEqual([mayGive(admin, { role: 'owner' }), mayGive(admin, { role: 'admin' })], [false, true])
  assert.equal(mayChangeUser(admin, { roles: [{ role: 'owner' }] }), false)
  assert.equal(mayChangeUser(admin, { roles: [{ role: 'viewer', team: 't1' }] }), true)
  assert.equal(mayChangeUser(meWith({ role: 'owner' }), { roles: [{ role: 'owner' }] }), true)
  assert.equal(mayChangeUser(meWith({ role: 'admin', team: 't1' }), { team: 't2' }), false)
})
