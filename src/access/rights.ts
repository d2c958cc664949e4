/** What a caller of the administration may do with one key or one user, after the policy of the route has let them in. */

import type { AdminCall } from '../admin/route.ts'
import { covers, type Grant, hasRole, policies, type Role } from '../admin/policy.ts'
import { GatewayError } from '../core/error.ts'
import { checkWithin, withinCeiling } from './ceiling.ts'
import type { Directory } from './directory.ts'
import type { KeyRules, StoredAccount, StoredKey, StoredUser } from './port.ts'

/** A call as far as its caller's rights are concerned. */
export type RightsOf = Pick<AdminCall, 'caller' | 'teams'>

type OwnedKey = Pick<StoredKey, 'user' | 'team'>

/** The team that a key counts for: its own, else that of its user. */
export function teamOfKey({ user, team }: OwnedKey, { users }: Directory): string | undefined {
  return team ?? users.get(user ?? '')?.team
}

export function seesTeam({ teams }: RightsOf, team: string | undefined): boolean {
  return teams === undefined || (team !== undefined && teams.has(team))
}

/** Throws `permission_denied`. A member changes their own keys, an admin those of the team or organisation. */
export function checkKeyRights({ caller }: RightsOf, key: OwnedKey, directory: Directory): void {
  const team = teamOfKey(key, directory)
  if (hasRole(caller.grants, ['owner', 'admin'], team)) return
  const isOwn = caller.user !== undefined && key.user === caller.user
  if (isOwn && hasRole(caller.grants, ['member'], team)) return
  throw new GatewayError('permission_denied', 'Your role allows this for keys of your own, or of your team.')
}

/**
 * Throws `permission_denied`: the owners that a key is given are charged for it. A member charges their own team, and those
 * in which they are members; whoever has a role in a team charges nobody outside of it.
 */
export function checkNewOwners(
  call: RightsOf,
  { user, team }: { readonly [Owner in keyof OwnedKey]?: string | null | undefined },
  { users }: Directory,
): void {
  const { grants, user: self } = call.caller
  const isTheirs = (of: string) =>
    hasRole(grants, ['owner', 'admin'], of) ||
    users.get(self ?? '')?.team === of ||
    grants.some(({ role, team: where }) => role === 'member' && where === of)
  if (typeof team === 'string' && !isTheirs(team)) {
    throw new GatewayError('permission_denied', 'This is not a team of yours.', { param: 'team' })
  }
  if (typeof user === 'string' && user !== self && !seesTeam(call, users.get(user)?.team)) {
    throw new GatewayError('permission_denied', 'Your role is in other teams.', { param: 'user' })
  }
}

/** What a key that the caller makes or takes over may hold at most. */
export function ceilingOf({ caller }: RightsOf, { users }: Directory): KeyRules {
  return effectiveCeiling(caller.grants, users.get(caller.user ?? '')?.account)
}

function effectiveCeiling(grants: readonly Grant[], account: StoredAccount | undefined): KeyRules {
  const own = account?.ceiling
  return hasRole(grants, ['owner', 'admin']) ? (own ?? {}) : { clearances: [], ...own }
}

/**
 * Throws `permission_denied` where a key may do more than one that the caller could make: nothing is made of it, or done
 * on its account, for the caller.
 */
export function checkKeyWithin(call: RightsOf, rules: KeyRules, directory: Directory): void {
  checkWithin({ clearances: [], ...rules }, ceilingOf(call, directory)) // a key has the clearances that it names
}

/** Throws `permission_denied` where a key of the caller's could not ask one of these models: nothing is led there for them. */
export function checkModels(call: RightsOf, models: readonly string[], directory: Directory): void {
  withinCeiling({ models }, ceilingOf(call, directory))
}

/**
 * What the keys of somebody may hold at most to whom the caller gives an account: never more than the caller's own. Throws
 * `permission_denied` where it is wished to be.
 */
export function ceilingFor(
  call: RightsOf,
  wanted: KeyRules | undefined,
  directory: Directory,
): KeyRules | undefined {
  const own = ceilingOf(call, directory)
  if (Object.keys(own).length === 0) return wanted
  // Clearances that are not named are none: left open, they would be all of them to an admin.
  return { ...(own.clearances && { clearances: [] }), ...withinCeiling(wanted ?? {}, own) }
}

/**
 * Throws `permission_denied`: who may sign in with more rights than the caller has, or make keys that hold more than
 * theirs, is not the caller's to change, for whoever can invite somebody again can sign in as them.
 */
export function checkUserRights(
  call: RightsOf,
  { team, account }: Pick<StoredUser, 'team' | 'account'>,
  directory: Directory,
): void {
  if (!seesTeam(call, team)) throw new GatewayError('permission_denied', 'Your role is in other teams.')
  if (!account) return
  checkGrants(call, account.grants)
  const makers: readonly Role[] = policies['keys:write'].roles
  if (!account.grants.some(({ role }) => makers.includes(role))) return
  checkWithin(effectiveCeiling(account.grants, account), ceilingOf(call, directory))
}

/** Throws `permission_denied` for a role that the caller may not give. */
export function checkGrants({ caller }: Pick<RightsOf, 'caller'>, grants: readonly Grant[]): void {
  const excess = grants.find((grant) => !covers(caller.grants, grant))
  if (excess === undefined) return
  const where = excess.team === undefined ? '' : ' in that team'
  throw new GatewayError('permission_denied', `You may not give or take the role ${excess.role}${where}.`, {
    param: 'roles',
  })
}
