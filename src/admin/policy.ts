/** Who may do what in the administration: roles, the policies that routes name, and the one decision between them. */

import { GatewayError } from '../core/error.ts'

/** From the strongest on; an auditor reads what the others may not, and changes nothing. */
export const roles = ['owner', 'admin', 'member', 'viewer', 'auditor'] as const

export type Role = (typeof roles)[number]

/** A role in the whole organisation, or in one of its teams. */
export interface Grant {
  readonly role: Role
  /** The team's id. Absent: the whole organisation. */
  readonly team?: string
}

interface PolicyRule {
  readonly roles: readonly Role[]
  /**
   * `team`: whoever has the role in a team passes too, and the route keeps to `AdminCall.teams`. `organisation`: only a
   * role in the whole organisation counts.
   */
  readonly within: 'organisation' | 'team'
  /** What a route of this policy does, for people. */
  readonly meaning: string
}

const everybody: readonly Role[] = roles

/** Deny by default: a role that a row does not name does not pass. */
export const policies = {
  self: { roles: everybody, within: 'team', meaning: "looks at and changes one's own account" },
  'traffic:read': {
    roles: everybody,
    within: 'organisation',
    meaning: 'sees routes, providers, budgets, the cache, guardrails, evaluations, experiments and drift',
  },
  'requests:read': {
    roles: everybody,
    within: 'team',
    meaning:
      'sees requests and what they come to, sessions, the lines of the ledger, batches, alerts and the live feed',
  },
  'usage:read': { roles: everybody, within: 'team', meaning: 'sees sums of what was used' },
  'access:read': { roles: everybody, within: 'team', meaning: 'sees keys, teams and users' },
  'keys:write': {
    roles: ['owner', 'admin', 'member'],
    within: 'team',
    meaning: 'makes, changes and revokes keys; a member only their own',
  },
  'users:write': {
    roles: ['owner', 'admin'],
    within: 'team',
    meaning: 'makes, changes and removes users, and says who may sign in with which role',
  },
  'teams:write': {
    roles: ['owner', 'admin'],
    within: 'organisation',
    meaning: 'makes, changes and removes teams',
  },
  'operations:write': {
    roles: ['owner', 'admin'],
    within: 'organisation',
    meaning:
      'moves routes, sets budgets, runs evaluations, golden sets and batches, empties the cache, settles alerts',
  },
  'payloads:read': {
    roles: ['owner', 'admin'],
    within: 'organisation',
    meaning: 'reads what callers asked and were answered: recorded payloads, results of batches',
  },
  'payloads:delete': {
    roles: ['owner', 'admin'],
    within: 'organisation',
    meaning: 'deletes what is kept of a user',
  },
  'audit:read': { roles: ['owner', 'admin', 'auditor'], within: 'organisation', meaning: 'reads the audit' },
  'settings:read': {
    roles: ['owner', 'admin', 'auditor'],
    within: 'organisation',
    meaning: 'sees the configuration in force, without its secrets',
  },
  'secrets:read': {
    roles: ['owner', 'admin', 'auditor'],
    within: 'organisation',
    meaning: 'sees which secrets are stored, never their values',
  },
  'secrets:write': { roles: ['owner', 'admin'], within: 'organisation', meaning: 'sets stored secrets' },
  'instance:write': {
    roles: ['owner'],
    within: 'organisation',
    meaning: 'makes backups, and forgets instances that are gone',
  },
} as const satisfies Readonly<Record<string, PolicyRule>>

export type AdminPolicy = keyof typeof policies

export const policyNames = Object.keys(policies) as AdminPolicy[]

/** Who calls the administration. */
export interface AdminCaller {
  /** As the audit names it: `admin-token`, `control-socket`, `session` (of the token or a link), `user:<id>`. */
  readonly name: string
  readonly org: string
  readonly grants: readonly Grant[]
  /** The id of the user who has signed in; absent for the token, the socket and one-time links. */
  readonly user?: string
}

/** The organisation that runs the gateway: the configuration is its own. */
export const hostOrg = 'default'

/** The caller who holds the token, the control socket or the first link. */
export function ownerCaller(name: string): AdminCaller {
  return { name, org: hostOrg, grants: [{ role: 'owner' }] }
}

/**
 * Gives the teams that a call must keep to; undefined where it may go over the whole organisation. Throws
 * `permission_denied`. The one place where a call of the administration is authorised.
 */
export function authoriseCall(
  { policy, isOfInstance }: { readonly policy: AdminPolicy; readonly isOfInstance?: true },
  { grants, org }: AdminCaller,
): ReadonlySet<string> | undefined {
  if (isOfInstance && org !== hostOrg) {
    throw new GatewayError('permission_denied', 'This is for the organisation that runs the gateway.')
  }
  const passing = passingGrants(policy, grants)
  if (passing.length === 0) {
    throw new GatewayError('permission_denied', `Your role does not allow this (\`${policy}\`).`)
  }
  const teams = passing.map(({ team }) => team)
  return teams.includes(undefined) ? undefined : new Set(teams as string[])
}

/** Whether calls under this policy are let in, for the whole organisation or for a team. */
export function passes(policy: AdminPolicy, { grants }: AdminCaller): boolean {
  return passingGrants(policy, grants).length > 0
}

function passingGrants(policy: AdminPolicy, grants: readonly Grant[]): Grant[] {
  const rule: PolicyRule = policies[policy]
  return grants.filter(
    ({ role, team }) => rule.roles.includes(role) && (team === undefined || rule.within === 'team'),
  )
}

/** May whoever has `own` give this role, or change somebody who has it? An owner gives all, an admin all but owner. */
export function covers(own: readonly Grant[], grant: Grant): boolean {
  return own.some(
    ({ role, team }) =>
      (team === undefined || team === grant.team) &&
      (role === 'owner' || (role === 'admin' && grant.role !== 'owner')),
  )
}

/** Does one of the grants hold in the whole organisation, or in this team? */
export function hasRole(grants: readonly Grant[], wanted: readonly Role[], team?: string): boolean {
  return grants.some(
    (grant) => wanted.includes(grant.role) && (grant.team === undefined || grant.team === team),
  )
}
