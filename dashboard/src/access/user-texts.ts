/** What a user may do here, in words. Pure. */

import { nameOf, type Team, type User } from '../api/owners.ts'

/** `admin, viewer of Support`; `none` for whoever cannot sign in. */
export function rolesText(roles: User['roles'], teams: readonly Team[] | undefined): string {
  if (roles === undefined) return 'none'
  return roles
    .map(({ role, team }) => (team === undefined ? role : `${role} of ${nameOf(teams, team)}`))
    .join(', ')
}

export function signInText({ signs_in_by: way }: User): string {
  if (way === undefined) return 'no'
  if (way === 'oidc') return 'by another service'
  return way === 'password' ? 'by password' : 'invited, or not yet'
}
