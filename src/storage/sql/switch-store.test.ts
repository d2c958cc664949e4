/** What is switched off stays off, by whom it was first, until it is switched on by its own organisation. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import { createSwitchStore } from './switch-store.ts'

testStore('providers are switched off and on', async (database) => {
  const store = createSwitchStore(database)
  const openai = { provider: 'openai', atMs: 5, actor: 'ada' }
  await store.turnOff('default', openai)
  await store.turnOff('default', { ...openai, atMs: 6, actor: 'bob' })
  await store.turnOff('default', { ...openai, provider: 'claude' })
  assert.deepEqual(await store.list('default'), [{ ...openai, provider: 'claude' }, openai])
  assert.deepEqual(await store.list('other'), [])
  await store.turnOn('other', 'openai')
  await store.turnOn('default', 'claude')
  await store.turnOn('default', 'claude')
  assert.deepEqual(await store.list('default'), [openai])
})
