/** Deletes the ledger's old lines while the gateway runs: of this instance, and of all instances together. */

import { inspect } from 'node:util'
import { pruneLedger, pruneShared, type RetentionParts } from '../ledger/retention.ts'
import type { SharedLedger } from '../ledger/port.ts'
import type { EntryRow } from '../storage/sqlite/ledger-migrations.ts'
import type { Log } from '../telemetry/log.ts'

export interface RetentionNeeds extends RetentionParts {
  readonly shared: SharedLedger<EntryRow> | undefined
  readonly log: Log
}

const pruneMs = 60_000

export function startRetention(needs: RetentionNeeds): { stop(): void } {
  const { shared, log, clock, retentionDays } = needs
  let isPruning = false
  const prune = async (): Promise<void> => {
    await pruneLedger(needs)
    if (shared === undefined) return
    for (const month of await pruneShared({ shared, clock, retentionDays }))
      log.info({ month }, 'the lines of a month were dropped from the shared ledger; their sums stay')
  }
  const timer = setInterval(() => {
    // A month may take longer than that.
    if (isPruning) return
    isPruning = true
    void prune()
      .catch((cause: unknown) =>
        log.error({ cause: inspect(cause) }, 'old lines of the ledger could not be deleted'),
      )
      .finally(() => (isPruning = false))
  }, pruneMs).unref()
  return { stop: () => clearInterval(timer) }
}
