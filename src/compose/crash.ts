/** A ledger that kills its process at a named point, the hardest way there is: for the crash tests. */

import type { CrashPoint } from '../config/crash-point.ts'
import type { Account } from '../ledger/account.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Journal, SharedLedger } from '../ledger/port.ts'

export interface Crash {
  journal(journal: Journal): Journal
  ledger(ledger: Ledger): Ledger
  shared<Line>(shared: SharedLedger<Line>): SharedLedger<Line>
}

export function createCrash({ at, time }: CrashPoint): Crash {
  let times = 0
  const pass = (point: CrashPoint['at']): void => {
    if (point === at && ++times === time) process.kill(process.pid, 'SIGKILL')
  }
  const wrap = (account: Account): Account => {
    let hasBegun = false
    return {
      get maxOutputTokens() {
        return account.maxOutputTokens
      },
      get reservedNanoUsd() {
        return account.reservedNanoUsd
      },
      get chargedNanoUsd() {
        return account.chargedNanoUsd
      },
      get remainingNanoUsd() {
        return account.remainingNanoUsd
      },
      progress(outputTokens) {
        account.progress(outputTokens)
        if (!hasBegun) pass('after_first_byte')
        hasBegun = true
      },
      async settle(outcome) {
        pass('before_settle')
        await account.settle(outcome)
        pass('after_settle_append')
      },
    }
  }
  return {
    journal: (journal) => ({
      get waiting() {
        return journal.waiting
      },
      open(intent) {
        journal.open(intent)
        pass('after_reserve_append')
      },
      keepPrice: (version, text) => journal.keepPrice(version, text),
      mark: (id, tokens) => journal.mark(id, tokens),
      settle: (settlement) => journal.settle(settlement),
      enter: (entry) => journal.enter(entry),
      prune: (beforeMs) => journal.prune(beforeMs),
      commit: () => journal.commit(),
      mended: () => journal.mended(),
      admit: () => journal.admit(),
      close: () => journal.close(),
    }),
    ledger: (ledger) => ({
      get openCount() {
        return ledger.openCount
      },
      isOpen: (id) => ledger.isOpen(id),
      admit: () => ledger.admit(),
      async open(opening) {
        const account = await ledger.open(opening)
        pass('before_dispatch')
        return wrap(account)
      },
      save: (saving) => ledger.save(saving),
      close: () => ledger.close(),
    }),
    shared: (shared) => ({
      ...shared,
      async add(shipment) {
        const late = await shared.add(shipment)
        pass('during_ship')
        return late
      },
    }),
  }
}
