/** What somebody may do with one key or one user, as the gateway will decide it. Pure. */

import type { Reply } from '../api/client.ts'
import type { ApiKey, User } from '../api/owners.ts'

export type Me = Reply<'GET /me'>
export type Grant = Me['roles'][number]
export type Role = Grant['role']

/** From the strongest on, with what each is for. */
export const roleNames: Readonly<Record<Role, string>> = {
  owner: 'Owner: everything',
  admin: 'Admin: everything but owners and backups',
  member: 'Member: sees all, makes keys of their own',
  viewer: 'Viewer: sees all but audit and settings',
  auditor: 'Auditor: sees all, changes nothing',
}

/** A member changes their own keys, an admin those of the team or organisation. */
export function mayChangeKey(me: Me, key: Pick<ApiKey, 'user' | 'team'>, users: readonly User[]): boolean {
  const team = key.team ?? users.find(({ id }) => id === key.user)?.team
  const has = (wanted: readonly Role[]) =>
    me.roles.some((grant) => wanted.includes(grant.role) && isWithin(grant, team))
  return has(['owner', 'admin']) || (key.user !== undefined && key.user === me.user?.id && has(['member']))
}

/** Nobody changes whoever has more rights than they have themselves. */
export function mayChangeUser(me: Me, user: Pick<User, 'roles' | 'team'>): boolean {
  const seesTeam = me.roles.some(
    (grant) => (grant.role === 'owner' || grant.role === 'admin') && isWithin(grant, user.team),
  )
  return seesTeam && (user.roles ?? []).every((grant) => mayGive(me, grant))
}

/** An owner gives all roles, an admin all but that. */
export function mayGive(me: Me, { role, team }: Grant): boolean {
  return me.roles.some(
    (own) => isWithin(own, team) && (own.role === 'owner' || (own.role === 'admin' && role !== 'owner')),
  )
}

function isWithin(grant: Grant, team: string | undefined): boolean {
  return grant.team === undefined || grant.team === team
}
