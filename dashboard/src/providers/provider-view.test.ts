/** Keys of a provider are told by whether they are taken. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { credentialsText, rateLimitsOf } from './provider-view.ts'

const credentials = ['main', 'spare'].map((alias) => ({ alias, weight: 1 }))
const target = (credential: string, withheld?: 'parked' | 'cooling') => ({
  model: 'echo',
  credential,
  breaker: 'closed' as const,
  breaker_changes: [],
  rate_limits: 2,
  ...(withheld && { withheld }),
})

test('a key counts as refused once, however many targets it is refused for', () => {
  const refused = [target('main', 'parked'), target('main', 'parked'), target('spare', 'cooling')]
  assert.equal(credentialsText({ credentials, targets: refused }), '1 of 2 refused')
  assert.equal(credentialsText({ credentials, targets: [] }), '2 ok')
  assert.equal(credentialsText({ credentials: [], targets: [] }), 'none')
  assert.equal(rateLimitsOf({ targets: refused }), 6)
})
