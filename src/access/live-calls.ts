/** Knows which requests of each key are under way, so that those of a revoked key can be ended. */

import { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'

export interface LiveCalls {
  /** Gives the function to call when the request is over. */
  open(keyId: string, interrupt: Interrupt): () => void
  /** Ends every request of the key; streams are told in band. */
  cut(keyId: string): void
}

export function createLiveCalls(): LiveCalls {
  const byKey = new Map<string, Set<Interrupt>>()
  return {
    open(keyId, interrupt) {
      let calls = byKey.get(keyId)
      if (!calls) byKey.set(keyId, (calls = new Set()))
      calls.add(interrupt)
      return () => {
        calls.delete(interrupt)
        if (calls.size === 0 && byKey.get(keyId) === calls) byKey.delete(keyId)
      }
    },
    cut(keyId) {
      const reason = new GatewayError('authentication_failed', 'The API key was revoked.')
      for (const interrupt of byKey.get(keyId) ?? []) interrupt.raise(reason)
    },
  }
}
