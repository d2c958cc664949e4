/** Stored secrets over each kind of database: what is stored, who wins, and that moved ciphertext is of no use. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { testStore } from '../../../test/support/databases.ts'
import { Secret } from '../../core/secret.ts'
import { systemClock } from '../../core/clock.ts'
import { createLocalWrap, type KeyWrap } from '../../secrets/key-wrap.ts'
import type { WrappedKey } from '../../secrets/port.ts'
import { createStoredSecrets } from '../../secrets/stored.ts'
import { seal, unseal } from '../../stored/seal.ts'
import type { Database } from './database.ts'
import { createSecretStore } from './secret-store.ts'

const sealing = { seal, unseal }
const oldWrap = createLocalWrap(new Secret('the-old-key-of-32-characters-or-more'), sealing)
const newWrap = createLocalWrap(new Secret('the-new-key-of-32-characters-or-more'), sealing)

function open(database: Database, ...wraps: readonly [KeyWrap, ...KeyWrap[]]) {
  const store = createSecretStore(database)
  return { store, secrets: createStoredSecrets({ store, sealing, wraps, clock: systemClock }) }
}

testStore('a secret is set, read, replaced and removed, each organisation its own', async (database) => {
  const { secrets } = open(database, oldWrap)
  assert.equal((await secrets.set('default', 'openai', new Secret('first'))).version, 1)
  assert.equal((await secrets.set('other', 'openai', new Secret('of-another'))).version, 1)
  assert.equal((await secrets.set('default', 'openai', new Secret('second'))).version, 2)
  assert.equal((await secrets.read('default', 'openai')).reveal(), 'second')
  assert.equal((await secrets.read('other', 'openai')).reveal(), 'of-another')
  assert.deepEqual(
    (await secrets.list('default')).map(({ name, version }) => [name, version]),
    [['openai', 2]],
  )
  assert.equal(await secrets.remove('default', 'openai'), true)
  assert.equal(await secrets.remove('default', 'openai'), false)
  await assert.rejects(secrets.read('default', 'openai'), /no secret openai is stored/)
  assert.equal((await secrets.read('other', 'openai')).reveal(), 'of-another')
})

testStore('ciphertext that was moved, changed or rolled forward is refused', async (database) => {
  const { store, secrets } = open(database, oldWrap)
  await secrets.set('default', 'a', new Secret('value-of-a'))
  await secrets.set('default', 'b', new Secret('value-of-b'))
  await secrets.set('other', 'a', new Secret('value-of-other'))
  const [a, b] = [(await store.find('default', 'a'))!, (await store.find('default', 'b'))!]
  const foreign = (await store.find('other', 'a'))!
  const flipped = Buffer.from(a.sealed)
  flipped[flipped.length - 1]! ^= 1
  for (const sealed of [b.sealed, foreign.sealed, flipped, a.sealed.subarray(0, 20)]) {
    assert.equal(await store.put({ ...a, sealed }, (await store.find('default', 'a'))!), true)
    await assert.rejects(secrets.read('default', 'a'), /cannot be decrypted/)
  }
  // The same ciphertext, told to be of a later version.
  assert.equal(await store.put({ ...a, version: 2 }, (await store.find('default', 'a'))!), true)
  await assert.rejects(secrets.read('default', 'a'), /cannot be decrypted/)
})

testStore('a data key of another organisation is of no use', async (database) => {
  const { store, secrets } = open(database, oldWrap)
  await secrets.set('default', 'a', new Secret('value-of-a'))
  await secrets.set('other', 'a', new Secret('value-of-other'))
  const [key] = await store.keys('other')
  await store.rewrapKey({ ...key!, org: 'default' })
  await assert.rejects(open(database, oldWrap).secrets.read('default', 'a'), /data key cannot be decrypted/)
})

testStore(
  'the key is changed and the data key rotated while values are read and written',
  async (database) => {
    const before = open(database, oldWrap)
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`)
    for (const name of names) await before.secrets.set('default', name, new Secret(`value-of-${name}`))
    const { store, secrets } = open(database, newWrap, oldWrap)
    let isOver = false
    let reads = 0
    const readAll = async () => {
      while (!isOver || reads === 0) {
        for (const name of names) {
          const value = (await secrets.read('default', name)).reveal()
          assert.ok(value === `value-of-${name}` || value === `newer-of-${name}`)
          reads++
        }
      }
    }
    const writes = (async () => {
      for (const name of names.slice(0, 5)) await secrets.set('default', name, new Secret(`newer-of-${name}`))
    })()
    const [rotation] = await Promise.all([
      secrets.rotate('default').finally(() => (isOver = true)),
      readAll(),
      writes,
    ])
    assert.deepEqual([rotation.secrets, rotation.keyVersion, rotation.rewrapped], [20, 2, 1])
    assert.ok((await store.keys('default')).every(({ wrapId }) => wrapId === newWrap.id))
    const later = open(database, newWrap).secrets
    for (const name of names.slice(0, 5))
      assert.equal((await later.read('default', name)).reveal(), `newer-of-${name}`)
    assert.equal((await later.read('default', 's9')).reveal(), 'value-of-s9')
    await assert.rejects(before.secrets.read('default', 's9'), /not configured/)
  },
)

testStore('what is sealed anew never takes the place of what was stored meanwhile', async (database) => {
  const { store, secrets } = open(database, oldWrap)
  await secrets.set('default', 'a', new Secret('of-before'))
  const before = (await store.find('default', 'a'))!
  await secrets.remove('default', 'a')
  await secrets.set('default', 'a', new Secret('of-now'))
  const now = (await store.find('default', 'a'))!
  assert.deepEqual([now.version, now.keyVersion], [before.version, before.keyVersion])
  assert.equal(await store.put({ ...before, keyVersion: 2 }, before), false)
  assert.equal((await secrets.read('default', 'a')).reveal(), 'of-now')
})

testStore(
  'a data key that another instance adds meanwhile by the old key is wrapped anew',
  async (database) => {
    const before = open(database, oldWrap)
    await before.secrets.set('default', 'a', new Secret('value-of-a'))
    const store = createSecretStore(database)
    let others = 1
    const raced = {
      ...store,
      async addKey(key: WrappedKey) {
        if (others-- > 0) await before.secrets.rotate('default')
        return store.addKey(key)
      },
    }
    const wraps = [newWrap, oldWrap] as const
    await createStoredSecrets({ store: raced, sealing, wraps, clock: systemClock }).rotate('default')
    assert.deepEqual(
      (await store.keys('default')).map(({ version, wrapId }) => [version, wrapId]),
      [
        [1, newWrap.id],
        [2, newWrap.id],
      ],
    )
    assert.equal((await open(database, newWrap).secrets.read('default', 'a')).reveal(), 'value-of-a')
  },
)

testStore('no value and no key is in the rows, and no two ciphertexts are alike', async (database) => {
  const { store, secrets } = open(database, oldWrap)
  for (const name of ['a', 'b']) await secrets.set('default', name, new Secret('canary-canary-canary'))
  const rows = await store.list('default')
  assert.ok(!JSON.stringify([rows, await store.keys('default')]).includes('canary'))
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  assert.equal(new Set(rows.map(({ sealed }) => hash(sealed))).size, 2)
  assert.ok(rows.every(({ sealed }) => !Buffer.from(sealed).includes('canary')))
})
