/** Work that somebody has the gateway do on an account of its own: charged to them, and no more than a key of theirs could do. */

import { type AdminPolicy, passes } from '../admin/policy.ts'
import { GatewayError } from '../core/error.ts'
import { parseUsd } from '../core/money.ts'
import type { Directory } from './directory.ts'
import { type Principal, termsOf, toPrincipal } from './principal.ts'
import { ceilingOf, type RightsOf } from './rights.ts'

export interface Acting {
  readonly principal: Principal
  /** What all of the work may cost: each budget that a key of theirs would have bounds it. Absent: no bound of this kind. */
  readonly maxNanoUsd?: number
}

export interface Work {
  /** On which it is done. */
  readonly account: Principal
  /** Of the route that it is started by. */
  readonly policy: AdminPolicy
}

/**
 * The account, for whoever had the work started: their user and team are charged, and their ceiling holds, but for the
 * addresses, since the calls come from none. Who is no user of the directory (the admin token, the command line) is bounded
 * by nothing. Throws `permission_denied` where they might not start it now.
 */
export function actingFor({ account, policy }: Work, { caller }: RightsOf, directory: Directory): Acting {
  if (caller.user === undefined) return { principal: account }
  const user = directory.users.get(caller.user)
  const stands = user?.account !== undefined && user.removedAtMs === undefined
  const now = { ...caller, grants: stands ? user.account.grants : [] }
  if (!stands || !passes(policy, now)) {
    throw new GatewayError('permission_denied', 'Whoever started this may not do so any more.')
  }
  const { allowedAddresses: _, budgets = [], ...rules } = ceilingOf({ caller: now }, directory)
  const team = directory.teams.get(user.team ?? '')
  const { org, keyId, keyName } = account
  const identity = {
    org,
    keyId,
    keyName,
    user: { id: user.id, name: user.name },
    ...(team && { team: termsOf(team) }),
  }
  const most = budgets.map(({ usd }) => parseUsd(String(usd))!)
  return {
    principal: { ...account, ...toPrincipal(identity, rules) },
    ...(most.length > 0 && { maxNanoUsd: Math.min(...most) }),
  }
}
