/** Work that somebody has the gateway do on an account of its own: charged to them, and no more than a key of theirs could do. */

import { parseUsd } from '../core/money.ts'
import type { Directory } from './directory.ts'
import { type Principal, termsOf, toPrincipal } from './principal.ts'
import { ceilingOf, type RightsOf } from './rights.ts'

export interface Acting {
  readonly principal: Principal
  /** What all of the work may cost: each budget that a key of theirs would have bounds it. Absent: no bound of this kind. */
  readonly maxNanoUsd?: number
}

/**
 * `account`, for whoever calls: their user and team are charged, and their ceiling holds, but for the addresses, since the
 * calls come from none. Who is no user of the directory (the admin token, the command line) is bounded by nothing.
 */
export function actingFor(account: Principal, call: RightsOf, directory: Directory): Acting {
  const user = directory.users.get(call.caller.user ?? '')
  if (user === undefined) return { principal: account }
  const { allowedAddresses: _, budgets = [], ...rules } = ceilingOf(call, directory)
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
