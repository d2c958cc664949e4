/** Lines that may have ended processes wait for a quiet moment, for a minute; then they are begun by themselves. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suspectAfter } from './batch.ts'
import type { Claim, SuspectRange } from './port.ts'
import { Suspects } from './suspects.ts'

const leaseOf = () => ({ holder: 'i', nowMs: 0, leaseMs: 1000 })
const lines = (count: number, crashes: number): Claim[] =>
  Array.from({ length: count }, (_, n) => ({ line: n + 1, offset: n, bytes: 1, tries: 0, crashes }))

test('after a minute in which there were always others, the others make room', async () => {
  const suspects = new Suspects({ leaseOf, claimSuspects: async () => [] })
  const standing = (nowMs: number) => [suspects.isOverdue(nowMs), suspects.isAlone(nowMs)]
  assert.deepEqual(standing(1e9), [false, false])
  suspects.note(true, 1000)
  suspects.note(true, 50_000)
  assert.deepEqual(standing(60_999), [false, false])
  assert.deepEqual(standing(61_000), [true, true])
  // Somebody else has taken them.
  suspects.note(false, 61_000)
  assert.deepEqual(standing(1e9), [false, false])
  suspects.note(true, 70_000)
  assert.deepEqual(standing(130_000), [true, true])
  await suspects.claim([], () => undefined)
  assert.deepEqual(standing(130_000), [false, false])
})

test('eight that ended the fewest are begun together, over all batches; any other by itself, and nothing beside them', async () => {
  const waiting = new Map([
    ['one', lines(5, suspectAfter)],
    ['two', lines(9, suspectAfter)],
    ['worse', lines(4, suspectAfter + 1)],
  ])
  const suspects = new Suspects({
    leaseOf,
    async claimSuspects(id, limit, _lease, { crashes, orMore }: SuspectRange) {
      const fits = ({ crashes: of }: Claim) => (orMore ? of >= crashes : of === crashes)
      const claims = waiting.get(id)!.filter(fits).slice(0, limit)
      waiting.set(
        id,
        waiting.get(id)!.filter((line) => !claims.includes(line)),
      )
      return claims
    },
  })
  const begin = async () => {
    const found = [...waiting].flatMap(([id, of]) => (of[0] ? [{ id, fewestCrashes: of[0].crashes }] : []))
    const taken: (readonly [string, number])[] = []
    await suspects.claim(found, (id, claims) => taken.push(...claims.map(({ line }) => [id, line] as const)))
    assert.equal(suspects.isAlone(0), taken.length > 0)
    for (const [id, line] of taken) suspects.release(id, line)
    assert.equal(suspects.isAlone(0), false)
    return Object.entries(Object.groupBy(taken, ([id]) => id)).map(([id, of]) => [id, of!.length])
  }
  assert.deepEqual(await begin(), [
    ['one', 5],
    ['two', 3],
  ])
  assert.deepEqual(await begin(), [['two', 6]])
  for (let n = 0; n < 4; n++) assert.deepEqual(await begin(), [['worse', 1]])
  assert.deepEqual(await begin(), [])
})
