/** Policies: deny by default, a role in a team reaches no further, and a route without a policy does not compile. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { authoriseCall, covers, type Grant, policies, policyNames, type Role, roles } from './policy.ts'
import { adminRoute } from './route.ts'

const grant: fc.Arbitrary<Grant> = fc.record(
  { role: fc.constantFrom(...roles), team: fc.constantFrom('team_a', 'team_b') },
  { requiredKeys: ['role'] },
)
const caller = (grants: readonly Grant[]) => ({ name: 'test', org: 'default', grants })

test('whoever passes has a role that the policy names, and reaches no further than that role', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 4 }), fc.constantFrom(...policyNames), (grants, policy) => {
      const { roles: named, within } = policies[policy]
      const passing = grants.filter(({ role }) => (named as readonly Role[]).includes(role))
      const isWhole = passing.some(({ team }) => team === undefined)
      const ofTeams = within === 'team' ? passing.flatMap(({ team }) => team ?? []) : []
      if (!isWhole && ofTeams.length === 0) {
        assert.throws(() => authoriseCall({ policy }, caller(grants)), { code: 'permission_denied' })
        return
      }
      assert.deepEqual(authoriseCall({ policy }, caller(grants)), isWhole ? undefined : new Set(ofTeams))
    }),
  )
})

test('nobody can give what they could not be given by themselves', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 4 }), grant, grant, (own, first, second) => {
      // What a role gives in turn is never more than what its giver gives.
      if (covers(own, first) && covers([first], second)) assert.ok(covers(own, second))
    }),
  )
})

test('a row without a policy, or with an unknown one, does not compile', () => {
  const common = { method: 'GET', path: '/x', summary: 'x', run: () => ({}) } as const
  // @ts-expect-error: a row says who may call it
  adminRoute({ ...common })
  // @ts-expect-error: by a name of the table
  adminRoute({ ...common, policy: 'anybody' })
  adminRoute({ ...common, policy: 'self' })
})
