/** Keys are recognised by form, then by secret; every refusal looks the same. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../core/secret.ts'
import { generateKey, parseKey } from './key-format.ts'
import { authoriseModel, type DeclaredKey, loadKeyring } from './keys.ts'
import type { KeyStore, StoredKey } from './port.ts'

async function keyring(declared: readonly DeclaredKey[] = []) {
  const rows: StoredKey[] = []
  const store: KeyStore = { all: async () => rows, insert: async (key) => void rows.push(key) }
  return { rows, keys: await loadKeyring({ declared, store, pepper: randomBytes(32) }) }
}

test('a created key is known, and its text is kept nowhere', async () => {
  const { rows, keys } = await keyring()
  assert.ok(keys.isEmpty)
  const { id, text } = await keys.create('first', 1)
  assert.match(text, /^weir_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
  assert.deepEqual(keys.identify(text), { org: 'default', keyId: id, keyName: 'first' })
  assert.deepEqual(keys.identify(text), keys.identify(text))
  assert.ok(!JSON.stringify(rows).includes(parseKey(text)!.secret))
  assert.ok(!keys.isEmpty)
})

test('no single changed character of a key passes', async () => {
  const { keys } = await keyring()
  const { text } = await keys.create('first', 1)
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...'0aZ_-'), (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1)
      if (changed === text) return
      assert.throws(() => keys.identify(changed), { code: 'authentication_failed' })
    }),
  )
})

test('a well-formed key that nobody made is refused like any other', async () => {
  const { keys } = await keyring()
  const messages = [undefined, '', 'sk-1', generateKey(randomBytes).text, 'x'.repeat(10_000)].map(
    (credential) => {
      try {
        keys.identify(credential)
        return 'accepted'
      } catch (error) {
        return (error as Error).message
      }
    },
  )
  assert.equal(new Set(messages).size, 1)
  assert.notEqual(messages[0], 'accepted')
})

test('random text never parses as a key', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => parseKey(text) === undefined))
})

test('declared keys have their models, others all', async () => {
  const secret = new Secret('a-declared-secret')
  const { keys } = await keyring([{ name: 'ci', secret, models: ['assistant', 'openai/*'] }])
  const principal = keys.identify('a-declared-secret')
  assert.equal(principal.keyName, 'ci')
  authoriseModel(principal, ['assistant'])
  authoriseModel(principal, ['gpt-5', 'openai/gpt-5'])
  for (const name of ['assistant2', 'xopenai/gpt', 'claude/openai/x']) {
    assert.throws(() => authoriseModel(principal, [name]), { code: 'model_not_allowed' })
  }
  authoriseModel({ org: 'default', keyId: 'k', keyName: 'k' }, ['anything'])
})

test('a reload replaces the declared keys and keeps the stored ones', async () => {
  const { keys } = await keyring([{ name: 'old', secret: new Secret('the-old-secret-16') }])
  const { text } = await keys.create('first', 1)
  const next = keys.withDeclared([{ name: 'new', secret: new Secret('the-new-secret-16') }])
  assert.equal(next.identify('the-new-secret-16').keyName, 'new')
  assert.throws(() => next.identify('the-old-secret-16'), { code: 'authentication_failed' })
  assert.equal(next.identify(text).keyName, 'first')
})
