/** What of the ledger somebody sees whose role is in teams only: one of theirs at a time. */

import { GatewayError } from '../core/error.ts'

/** Throws `permission_denied`, `invalid_request`. `teams` is undefined for roles in the whole organisation. */
export function withinTeams<Where extends { readonly team?: string | undefined }>(
  where: Where,
  teams: ReadonlySet<string> | undefined,
): Where {
  if (teams === undefined) return where
  const team = where.team ?? (teams.size === 1 ? [...teams][0] : undefined)
  if (team === undefined) {
    throw new GatewayError('invalid_request', 'Name the id of one of your teams.', { param: 'team' })
  }
  if (teams.has(team)) return { ...where, team }
  throw new GatewayError('permission_denied', 'Your role is in other teams.')
}
