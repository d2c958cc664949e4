/** A ledger's store whose readers see what is on its way into its tables, too. */

import { GatewayError } from '../../core/error.ts'
import type { LedgerStore } from '../../ledger/port.ts'

type Methods = Record<string, (...values: never[]) => unknown>

/** What budgets are counted by: without what waits they would let too much through, so that these tell nothing instead. */
const mustBeWhole: ReadonlySet<string> = new Set<keyof LedgerStore>([
  'atOnce',
  'charges',
  'chargesSince',
  'hasLine',
])

/**
 * Calls `bringUp` before each method of the store. Where that gives false, because the tables cannot be written, reports
 * are of what is there, and what budgets are counted by throws `ledger_unavailable`.
 */
export function freshStore(store: LedgerStore, bringUp: () => boolean): LedgerStore {
  const fresh: Methods = {}
  for (const [name, method] of Object.entries(store) as [string, Methods[string]][]) {
    const isStrict = mustBeWhole.has(name)
    fresh[name] = (...values) => {
      if (!bringUp() && isStrict) throw notWhole()
      return method(...values)
    }
  }
  return fresh as unknown as LedgerStore
}

function notWhole(): GatewayError {
  return new GatewayError(
    'ledger_unavailable',
    "The ledger's tables cannot be written: budgets cannot be counted until they can be.",
    { retryAfterMs: 5_000 },
  )
}
