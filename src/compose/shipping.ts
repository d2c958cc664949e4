/** Builds what moves the ledger's lines to the database, where several instances share one. */

import type { DatabaseSync } from 'node:sqlite'
import { inspect } from 'node:util'
import type { SharedBooks } from '../ledger/admin.ts'
import type { Journal, Outbox, SharedLedger } from '../ledger/port.ts'
import { proveShared } from '../ledger/shared-proof.ts'
import { Shipper } from '../ledger/shipper.ts'
import type { EntryRow } from '../storage/sqlite/ledger-migrations.ts'
import { createOutbox } from '../storage/sqlite/outbox.ts'
import type { Log } from '../telemetry/log.ts'

export interface Shipping {
  readonly books: SharedBooks
  /** The journal, which takes no new call while too many lines wait. */
  guard(journal: Journal): Journal
  close(): Promise<void>
}

export interface ShippingNeeds {
  /** That of the journal. */
  readonly database: DatabaseSync
  /** Puts the last lines into the journal's tables. */
  readonly bringUp: () => void
  readonly shared: SharedLedger<EntryRow>
  readonly maxWaiting: number
  readonly log: Log
}

const beatMs = 10_000

export function startShipping({ database, bringUp, shared, maxWaiting, log }: ShippingNeeds): Shipping {
  const outbox: Outbox<EntryRow> = createOutbox(database)
  const shipper = new Shipper({
    outbox,
    shared,
    maxWaiting,
    onState(cause) {
      if (cause === undefined) log.info('lines of the ledger reach the database again')
      else log.error({ cause: inspect(cause) }, 'lines of the ledger wait for the database')
    },
    onLate: (lines) =>
      log.warn(
        { lines },
        'lines came after their month was dropped: they are in the sums and in budgets, and cannot be listed',
      ),
  })
  shipper.start()
  // That it cannot be told is told by the shipper.
  const beat = () => void shared.beat().catch(() => undefined)
  beat()
  const beats = setInterval(beat, beatMs).unref()
  return {
    books: {
      search: (query) => shared.search(query),
      usage: (query) => shared.usage(query),
      async ship() {
        bringUp()
        // The first may be one that was under way, and without the last lines.
        return (await shipper.ship()) && shipper.ship()
      },
      async prove() {
        bringUp()
        await shipper.ship()
        return proveShared(outbox, shared)
      },
    },
    guard: (journal) => ({
      get waiting() {
        return journal.waiting
      },
      open(intent) {
        shipper.admit()
        journal.open(intent)
      },
      keepPrice: (version, text) => journal.keepPrice(version, text),
      mark: (id, tokens) => journal.mark(id, tokens),
      settle: (settlement) => journal.settle(settlement),
      enter: (entry) => journal.enter(entry),
      prune(beforeMs) {
        // While lines wait, none may go.
        bringUp()
        if (outbox.waiting === 0) journal.prune(beforeMs)
      },
      commit: () => journal.commit(),
      mended: () => journal.mended(),
      admit() {
        shipper.admit()
        journal.admit()
      },
      close: () => journal.close(),
    }),
    close() {
      clearInterval(beats)
      return shipper.close()
    },
  }
}
