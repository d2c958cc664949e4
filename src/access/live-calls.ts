/** Knows which requests of each key are under way, so that those of a revoked key can be ended. */

import { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'
import { Roster } from '../core/roster.ts'

export interface LiveCalls {
  /** Gives the function to call when the request is over. */
  open(keyId: string, interrupt: Interrupt): () => void
  /** Ends every request of the key; streams are told in band. */
  cut(keyId: string): void
}

/** Revocations are rare and requests are not: one roster of all, gone through for a revoked key. */
export function createLiveCalls(): LiveCalls {
  const calls = new Roster<{ readonly keyId: string; readonly interrupt: Interrupt }>()
  return {
    open(keyId, interrupt) {
      let place: number | undefined = calls.add({ keyId, interrupt })
      return () => {
        // A place that is given back twice would be two requests' at once.
        if (place !== undefined) calls.remove(place)
        place = undefined
      }
    },
    cut(keyId) {
      const reason = new GatewayError('authentication_failed', 'The API key was revoked.')
      for (const call of calls) if (call.keyId === keyId) call.interrupt.raise(reason)
    },
  }
}
