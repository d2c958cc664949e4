/** What somebody's sign-in writes of them leaves alone what others have changed meanwhile. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAccess } from '../../test/support/access.ts'
import { Accounts } from './accounts.ts'
import { createLockOut } from './lock-out.ts'
import { createPasswords } from './password.ts'
import { Sessions } from './sessions.ts'

test('an OpenID sign-in at an instance that lags behind takes no ceiling away, and revives no session', async (t) => {
  const here = await openAccess(t)
  const elsewhere = await openAccess(t, { beside: here })
  const { clock, directory, registrar } = elsewhere
  const unused = () => assert.fail('no ticket is needed')
  const tickets = { put: unused, find: unused, take: unused, prune: unused }
  const accounts = new Accounts({
    directory,
    registrar,
    sessions: new Sessions(tickets, clock),
    passwords: createPasswords(),
    lockOut: createLockOut(clock),
    clock,
  })
  const identity = { issuer: 'https://id.example', id: '7', name: 'Ada' }
  const { id } = await accounts.takeUp('default', { ...identity, grants: [{ role: 'member' }] })
  await here.directory.sync()
  const ceiling = { models: ['openai/*'] }
  await here.registrar.editUser('default', id, (user) => ({
    ...user,
    account: { ...user.account!, ceiling, sessionsFromMs: 7 },
  }))
  assert.equal(directory.users.get(id)?.account?.ceiling, undefined, 'not seen yet')
  const { account } = await accounts.takeUp('default', { ...identity, grants: [{ role: 'admin' }] })
  assert.deepEqual(account, {
    grants: [{ role: 'admin' }],
    subject: { issuer: identity.issuer, id: identity.id },
    ceiling,
    sessionsFromMs: 7,
  })
})
