/** Pointers move by compare-and-swap, and every instance sees all of a change or nothing. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { Pointer } from '../../rollout/port.ts'
import { createRolloutStore } from './rollout-store.ts'

const name = { org: 'default', route: 'assistant' }
const revision = (number: number) => ({
  ...name,
  number,
  source: 'file' as const,
  settings: { targets: [{ target: `p/m${number}` }] },
  createdAtMs: number,
  createdBy: 'configuration',
})
const pointer: Pointer = { ...name, live: 1, changedAtMs: 1, seq: 0 }
const move = { ...name, atMs: 1, kind: 'add' as const, to: 1, actor: 'configuration' }

testStore('what one instance writes, another reads whole, and only what is new to it', async (database) => {
  const store = createRolloutStore(database)
  assert.equal(await store.write({ revision: revision(1), pointer, move }), true)
  const first = await store.changedSince(0)
  assert.deepEqual(first.revisions, [{ ...revision(1), seq: first.seq }])
  assert.deepEqual(first.pointers, [{ ...pointer, seq: first.seq }])
  assert.equal(await store.write({ revision: revision(2) }), true)
  const then = await store.changedSince(first.seq)
  assert.deepEqual([then.revisions.length, then.pointers.length], [1, 0])
  assert.deepEqual(await store.moves('default', 'assistant', 10), [{ ...move, seq: first.seq }])
  assert.deepEqual(await store.moves('other', 'assistant', 10), [])
})

testStore('whoever moves from what is no longer there moves nothing', async (database) => {
  const store = createRolloutStore(database)
  await store.write({ revision: revision(1), pointer, move })
  const [seen] = (await store.changedSince(0)).pointers
  const moveTo = (live: number) =>
    store.write({ pointer: { ...seen!, live }, move: { ...move, kind: 'promote', from: 1, to: live } })
  const [second, third] = await Promise.all([moveTo(2), moveTo(3)])
  assert.notEqual(second, third, 'one of them has moved it')
  // The number of the revision is taken: the pointer does not move either.
  const [now] = (await store.changedSince(0)).pointers
  assert.equal(await store.write({ revision: revision(1), pointer: { ...now!, live: 9 } }), false)
  const [after] = (await store.changedSince(0)).pointers
  assert.equal(after!.live, second ? 2 : 3)
  assert.equal((await store.moves('default', 'assistant', 10)).length, 2)
})
