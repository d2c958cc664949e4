/** A key of a page ends with the secret that it was signed under. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAccess } from '../../test/support/access.ts'
import { createBrowserKeys } from './browser-keys.ts'
import { createGuessLimiter } from './guesses.ts'
import { createKeyring } from './keys.ts'

test('signed before a rotation, it ends with the overlap, also where it has just been used', async (t) => {
  const { registrar, directory, pepper, clock } = await openAccess(t)
  const browserKeys = createBrowserKeys(pepper)
  const guesses = createGuessLimiter(clock)
  const keyring = createKeyring({ declared: [], directory, pepper, clock, guesses, browserKeys })
  const { key } = await registrar.createKey({ org: 'default', name: 'backend', metadata: {}, rules: {} })
  const wish = { models: ['*'], origins: ['https://app.example'], ttlSeconds: 3600 }
  const { text } = browserKeys.mint(keyring.parentOf(key.id)!, wish, clock.nowMs())
  const ask = async () =>
    keyring.identify({ credential: text, clientAddress: undefined, header: () => 'https://app.example' })
  await registrar.rotateKey('default', key.id, 60_000)
  assert.equal((await ask()).keyId, key.id, 'the overlap holds for it too')
  clock.advance(59_000)
  assert.equal((await ask()).keyId, key.id)
  clock.advance(1_000)
  await assert.rejects(ask, { code: 'authentication_failed' })
})
