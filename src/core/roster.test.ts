import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Roster } from './roster.ts'

test('holds exactly the members that came and did not go', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (steps) => {
      const roster = new Roster<{ readonly n: number }>()
      const there: { readonly member: { readonly n: number }; readonly place: number }[] = []
      for (const [n, step] of steps.entries()) {
        if (step % 2 === 0 || there.length === 0) {
          const member = { n }
          there.push({ member, place: roster.add(member) })
        } else roster.remove(there.splice(step % there.length, 1)[0]!.place)
        assert.equal(roster.size, there.length)
        assert.deepEqual(new Set(roster), new Set(there.map(({ member }) => member)))
      }
    }),
  )
})

test('members may leave while it is gone through', () => {
  const roster = new Roster<{ readonly name: string }>()
  const places = ['a', 'b', 'c'].map((name) => roster.add({ name }))
  const seen: string[] = []
  for (const { name } of roster) {
    seen.push(name)
    if (name === 'a') roster.remove(places[1]!)
  }
  assert.deepEqual(seen, ['a', 'c'])
  assert.equal(roster.size, 2)
})
