/** The gateway's own accounts: on whose behalf its parts call models, and under which name a budget finds them. */

import type { Principal } from '../access/principal.ts'

/** Where a part has no account of its own. */
export const gatewayAccount = 'gateway'
/** Of golden runs. */
export const driftAccount = 'drift'
export const evalAccount = 'evals'

export function accountOf(name: string): Principal {
  return {
    org: 'default',
    keyId: name,
    keyName: name,
    // Whoever may start such a call has been asked there.
    clearances: { has: () => true },
  }
}
