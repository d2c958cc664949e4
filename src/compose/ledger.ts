/** Builds the ledger: opens its file, settles what the last process left open, and starts the journal. */

import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { CrashPoint } from '../config/crash-point.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { createLedger, type Ledger, type LedgerParts } from '../ledger/ledger.ts'
import type { LedgerStore } from '../ledger/port.ts'
import { recover } from '../ledger/recovery.ts'
import { createJournalWriter, type Group, type WriteResult } from '../storage/sqlite/journal-writer.ts'
import { createJournal } from '../storage/sqlite/journal.ts'
import { createPowerWriter } from '../storage/sqlite/power-writer.ts'
import { createLedgerStore } from '../storage/sqlite/ledger-store.ts'
import { openLedger } from '../storage/sqlite/open-ledger.ts'
import type { Log } from '../telemetry/log.ts'
import type { TokenCounter } from '../tokens/counter.ts'
import { createCrash } from './crash.ts'

export interface LedgerNeeds {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly tokens: TokenCounter
  readonly models: LedgerParts['models']
  /** Only the crash tests set it. */
  readonly crashPoint: CrashPoint | undefined
}

export interface LedgerPart {
  readonly ledger: Ledger
  readonly store: LedgerStore
  /** Writes what is left and closes the file. */
  close(): Promise<void>
}

export async function startLedger(needs: LedgerNeeds): Promise<LedgerPart> {
  const { config, clock, log, tokens, models, crashPoint } = needs
  const path = join(config.dataDir, 'ledger.db')
  const { database, damage } = openLedger(path, clock)
  for (const told of damage) log.error(`the ledger: ${told}`)
  const store = createLedgerStore(database)
  const power = config.ledger.durability === 'power' ? createPowerWriter(path) : undefined
  const journal = createJournal({
    write: power ? (group) => power.write(group) : writerOf(database),
    onState(why) {
      if (why === undefined) log.info('the ledger can be written again')
      else log.error({ why }, 'the ledger cannot be written: calls that cost money are refused')
    },
    onRefused: (why) =>
      log.error({ why }, 'a settlement could not be stored: the next start settles its call'),
  })
  const recovered = await recover(store, journal, clock)
  if (recovered > 0) log.warn({ attempts: recovered }, 'attempts of a process that had ended were settled')
  const crash = crashPoint && createCrash(crashPoint)
  const whole = createLedger({
    journal: crash?.journal(journal) ?? journal,
    clock,
    models,
    countText: (text) => tokens.count(text),
  })
  const ledger = crash?.ledger(whole) ?? whole
  return {
    ledger,
    store,
    async close() {
      await ledger.close()
      await power?.close()
      database.close()
    },
  }
}

function writerOf(database: DatabaseSync): (group: Group) => WriteResult {
  const writer = createJournalWriter(database)
  return (group) => writer.write(group)
}
