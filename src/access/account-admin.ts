/** The administration routes of accounts: who may sign in, with which roles, and what people do with their own. */

import { z } from 'zod'
import { passes, policyNames } from '../admin/policy.ts'
import { type AdminAudit, type AdminRoute, adminRoute } from '../admin/route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import type { Accounts } from './accounts.ts'
import type { OwnerRouteParts } from './owner-admin.ts'
import { standing } from './registrar.ts'
import { ceilingFor, checkGrants, checkUserRights } from './rights.ts'
import { ruleFields, toRules } from './rule-shapes.ts'
import { accountShape, accountView, grantShape, seenUser, userShape, userView } from './user-admin.ts'

export interface AccountRouteParts extends OwnerRouteParts {
  readonly accounts: Accounts
  readonly clock: Clock
  /** Where people open the dashboard; empty where that is not known. */
  readonly dashboardUrl: () => string
}

/** `/users/{id}/account`, `/users/{id}/invitation`, and `/me`. */
export function accountRoutes(parts: AccountRouteParts): readonly AdminRoute[] {
  const { directory, registrar, accounts, clock } = parts
  const audit = (action: string): AdminAudit => ({
    action,
    object: ({ params: { id = '' } }) => `user:${id}`,
    before: (call) => accountView(seenUser(directory, call)) as JsonObject,
  })
  return [
    adminRoute({
      method: 'PUT',
      path: '/users/{id}/account',
      policy: 'users:write',
      audit: audit('account.set'),
      summary: 'Lets a user sign in, with these roles. What they signed in with stays.',
      body: z.strictObject({
        roles: z.array(grantShape).min(1).max(100),
        ceiling: ruleFields.strict().optional().describe('What the keys that they make hold at most.'),
      }),
      response: accountShape,
      async run({ org, params: { id = '' }, body, ...call }) {
        const grants = body.roles.map(({ role, team }) => ({ role, ...(team !== undefined && { team }) }))
        checkGrants(call, grants)
        const edited = await registrar.editUser(org, id, (user) => {
          checkUserRights(call, user, directory)
          // Sessions and invitations of an account that was taken away before stay without one.
          const { ceiling: _, ...kept } = user.account ?? { sessionsFromMs: clock.nowMs() }
          const wanted = body.ceiling && toRules(body.ceiling, parts.hasRoute)
          const ceiling = ceilingFor(call, wanted, directory)
          return { ...user, account: { ...kept, grants, ...(ceiling && { ceiling }) } }
        })
        return { body: accountView(edited) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/users/{id}/account',
      policy: 'users:write',
      audit: audit('account.remove'),
      summary: 'Ends that a user may sign in, and their sessions. Their keys stay.',
      response: accountShape,
      async run({ org, params: { id = '' }, ...call }) {
        const edited = await registrar.editUser(org, id, (user) => {
          checkUserRights(call, user, directory)
          const { account: _, ...rest } = user
          return rest
        })
        return { body: accountView(edited) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/users/{id}/invitation',
      policy: 'users:write',
      audit: audit('account.invite'),
      summary: 'Makes a link with which a user chooses a password, once, within three days.',
      response: z.object({ path: z.string(), url: z.string().optional() }),
      async run({ org, params: { id = '' }, ...call }) {
        const user = standing(directory.users, org, id)
        checkUserRights(call, user, directory)
        if (!user.account) throw new GatewayError('conflict', 'This user has no roles: give them some first.')
        if (user.email === undefined) throw new GatewayError('conflict', 'This user has no e-mail address.')
        const path = `/invitation#${await accounts.invite(user)}`
        const url = parts.dashboardUrl()
        return { status: 201, body: { path, ...(url !== '' && { url: url + path }) } }
      },
    }),
    ...ownRoutes(parts),
  ]
}

function ownRoutes({ directory, accounts }: AccountRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/me',
      policy: 'self',
      summary: 'Who calls, and with which roles.',
      response: z.object({
        org: z.string(),
        actor: z.string(),
        roles: z.array(grantShape),
        may: z.array(z.enum(policyNames)).describe('The policies that these roles pass, all or in part.'),
        user: userShape.optional(),
      }),
      run({ org, caller }) {
        const user = directory.users.get(caller.user ?? '')
        return {
          body: {
            org,
            actor: caller.name,
            roles: [...caller.grants],
            may: policyNames.filter((policy) => passes(policy, caller)),
            ...(user && { user: userView(user) }),
          },
        }
      },
    }),
    adminRoute({
      method: 'PUT',
      path: '/me/password',
      policy: 'self',
      audit: {
        action: 'account.password',
        object: ({ caller }) => `user:${caller.user ?? ''}`,
        after: () => ({}), // a fingerprint of a password would let others guess it
      },
      summary: "Changes one's own password. All sessions end, this one too.",
      body: z.strictObject({ present: z.string().max(1024), password: z.string().max(1024) }),
      async run({ caller, body }) {
        const user = directory.users.get(caller.user ?? '')
        if (!user?.account?.passwordHash) throw new GatewayError('conflict', 'You have no password here.')
        await accounts.changePassword(user, body.present, body.password)
        return {}
      },
    }),
  ]
}
