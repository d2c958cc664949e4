/** The administration routes of users: who owns keys, and who of them may sign in. */

import { z } from 'zod'
import { roles } from '../admin/policy.ts'
import { type AdminAudit, type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import type { JsonObject } from '../core/json.ts'
import {
  budgets,
  budgetShapes,
  budgetViews,
  metadata,
  nullable,
  page,
  pageQuery,
  text,
  toBudgets,
  withChanges,
} from './admin-shapes.ts'
import type { Directory } from './directory.ts'
import { commonView, listOf, type OwnerRouteParts, unseen } from './owner-admin.ts'
import type { StoredAccount, StoredUser } from './port.ts'
import { standing } from './registrar.ts'
import { checkUserRights, type RightsOf, seesTeam } from './rights.ts'
import { ruleShape, ruleView } from './rule-shapes.ts'

/** `/users` and what is below it. */
export function userRoutes({ directory, registrar, hasRoute }: OwnerRouteParts): readonly AdminRoute[] {
  const userAudit = (action: string): AdminAudit => ({
    action,
    object: ({ params: { id = '' } }) => `user:${id}`,
    before: (call) => userView(seenUser(directory, call)) as JsonObject,
  })
  return [
    adminRoute({
      method: 'GET',
      path: '/users',
      policy: 'access:read',
      summary: 'The users, by name.',
      query: pageQuery.extend({ team: z.string().optional() }),
      response: z.object({ data: z.array(userShape), next_cursor: z.string().optional() }),
      run({ query: { team, ...where }, ...call }) {
        const users = listOf(directory.users, call.org).filter(
          (user) => (team === undefined || user.team === team) && seesTeam(call, user.team),
        )
        return { body: page(users.map(userView), where) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/users',
      policy: 'users:write',
      audit: { action: 'user.create', object: ({ body }) => `user:${body.name}` },
      summary: 'Makes a user.',
      body: z.strictObject({
        name: text,
        email: z.email().max(320).optional(),
        team: z.string().max(64).optional().describe("The team's id."),
        budgets: budgets.optional(),
        metadata: metadata.optional(),
      }),
      response: userShape,
      async run({ org, body: { name, email, team, budgets: own, metadata: given = {} }, ...call }) {
        checkUserRights(call, { ...(team !== undefined && { team }) }, directory)
        const owner = {
          ...(email !== undefined && { email }),
          ...(team !== undefined && { team }),
          ...(own && { budgets: toBudgets(own, hasRoute) }),
        }
        return {
          status: 201,
          body: userView(await registrar.createUser({ org, name, metadata: given, ...owner })),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/users/{id}',
      policy: 'access:read',
      summary: 'One user.',
      response: accountShape,
      run: (call) => ({ body: accountView(seenUser(directory, call)) }),
    }),
    adminRoute({
      method: 'PATCH',
      path: '/users/{id}',
      policy: 'users:write',
      audit: userAudit('user.change'),
      summary: 'Changes a user. What is not named stays; null takes it away.',
      body: z.strictObject({
        name: text.optional(),
        email: nullable(z.email().max(320)),
        team: nullable(z.string().max(64)),
        budgets: nullable(budgets),
        metadata: metadata.optional(),
      }),
      response: userShape,
      async run({ org, params: { id = '' }, body, ...call }) {
        const changes = { ...body, budgets: body.budgets && toBudgets(body.budgets, hasRoute) }
        const edited = await registrar.editUser(org, id, (user) => {
          checkUserRights(call, user, directory)
          const changed = withChanges(user, changes)
          checkUserRights(call, changed, directory)
          return changed
        })
        return { body: userView(edited) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/users/{id}',
      policy: 'users:write',
      audit: userAudit('user.remove'),
      summary: 'Removes a user and revokes their keys.',
      response: userShape,
      async run({ org, params: { id = '' }, ...call }) {
        checkUserRights(call, standing(directory.users, org, id), directory)
        return { body: userView(await registrar.removeUser(org, id)) }
      },
    }),
  ]
}

/** Throws `not_found` also for a user of a team that the caller does not see. */
export function seenUser(
  directory: Directory,
  call: RightsOf & Pick<AdminCall, 'org' | 'params'>,
): StoredUser {
  const { org, params } = call
  const user = standing(directory.users, org, params['id'] ?? '')
  if (seesTeam(call, user.team)) return user
  throw unseen(user.id)
}

export const grantShape = z.strictObject({
  role: z.enum(roles),
  team: z.string().max(64).optional().describe("The team's id. Absent: the whole organisation."),
})

export const userShape = z.object({
  id: z.string(),
  name: z.string(),
  created_at: z.iso.datetime(),
  email: z.string().optional(),
  team: z.string().optional(),
  budgets: budgetShapes,
  roles: z.array(grantShape).optional().describe('Absent: this user cannot sign in.'),
  signs_in_by: z.enum(['password', 'oidc', 'nothing-yet']).optional(),
  metadata: z.record(z.string(), z.unknown()),
})

export function userView({ email, team, account, ...user }: StoredUser): z.output<typeof userShape> {
  return {
    ...commonView(user),
    ...(email !== undefined && { email }),
    ...(team !== undefined && { team }),
    ...budgetViews(user.budgets),
    ...(account && { roles: [...account.grants], signs_in_by: wayOf(account) }),
  }
}

function wayOf({ passwordHash, subject }: StoredAccount): 'password' | 'oidc' | 'nothing-yet' {
  if (subject) return 'oidc'
  return passwordHash === undefined ? 'nothing-yet' : 'password'
}

/** A user with what their keys may hold at most. */
export const accountShape = userShape.extend({ ceiling: ruleShape.optional() })

export function accountView(user: StoredUser): z.output<typeof accountShape> {
  const ceiling = user.account?.ceiling
  return { ...userView(user), ...(ceiling && { ceiling: ruleView(ceiling) }) }
}
