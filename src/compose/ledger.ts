/** Builds the ledger: opens its file, settles what the last process left open, and starts the journal. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { CrashPoint } from '../config/crash-point.ts'
import type { Config } from '../config/load.ts'
import { type Clock, createSteadyClock } from '../core/clock.ts'
import { createIdFactory } from '../core/id.ts'
import { ledgerRoutes } from '../ledger/admin.ts'
import { budgetRoutes } from '../ledger/budget-admin.ts'
import { Budgets } from '../ledger/budgets.ts'
import { enterCorrections } from '../ledger/corrections.ts'
import { exportRoutes } from '../ledger/export-admin.ts'
import type { LedgerParts } from '../ledger/account.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import type { BudgetStore, Journal, LedgerStore, ReconciliationStore, SharedLedger } from '../ledger/port.ts'
import { instanceRoutes } from '../ledger/instance-admin.ts'
import { Instances } from '../ledger/instances.ts'
import { recover } from '../ledger/recovery.ts'
import { reconcileRoutes } from '../ledger/reconcile-admin.ts'
import type { SharedCounters } from '../ledger/shared-counters.ts'
import { BudgetBook } from '../ledger/stored-budgets.ts'
import { sessionRoutes } from '../ledger/sessions-admin.ts'
import { type OwnerNames, usageRoutes } from '../ledger/usage-admin.ts'
import { openBufferedWriter } from '../storage/sqlite/buffered-writer.ts'
import { fallbackPages } from '../storage/sqlite/checkpoint.ts'
import { freshStore } from '../storage/sqlite/fresh-store.ts'
import { createJournal } from '../storage/sqlite/journal.ts'
import type { EntryRow } from '../storage/sqlite/ledger-migrations.ts'
import { createJournalThread } from '../storage/sqlite/journal-thread.ts'
import { createLedgerStore } from '../storage/sqlite/ledger-store.ts'
import { openLedger } from '../storage/sqlite/open-ledger.ts'
import { openLedgerSnapshot } from '../storage/sqlite/ledger-snapshot.ts'
import { createReader } from '../storage/sqlite/reader.ts'
import { createRoller } from '../storage/sqlite/rollups.ts'
import type { Log } from '../telemetry/log.ts'
import type { TokenCounter } from '../tokens/counter.ts'
import type { Access } from './access.ts'
import { creditsOf, declaredBudgets, toSignal } from './budgets.ts'
import { createCrash } from './crash.ts'
import { instanceOf } from './data-dir.ts'
import { startRetention } from './ledger-retention.ts'
import { type Shipping, startShipping } from './shipping.ts'

export interface LedgerNeeds {
  readonly config: () => Config
  readonly budgets: BudgetStore
  readonly reconciliations: ReconciliationStore
  readonly access: Pick<Access, 'ownBudgets' | 'onChange' | 'directory'>
  readonly alerts: Pick<Alerts, 'raise'>
  readonly clock: Clock
  readonly log: Log
  readonly tokens: TokenCounter
  readonly models: LedgerParts['models']
  readonly onCharged: LedgerParts['onCharged']
  /** The ledger of all instances, where there is one. */
  readonly shared: SharedLedger<EntryRow> | undefined
  readonly names: OwnerNames
  /** Where several instances count their budgets together. */
  readonly budgetCounters: SharedCounters | undefined
  /** Only the crash tests set it. */
  readonly crashPoint: CrashPoint | undefined
}

export interface LedgerPart {
  readonly ledger: Ledger
  readonly store: LedgerStore
  readonly budgets: Budgets
  readonly routes: readonly AdminRoute[]
  /** Takes up the budgets of a new configuration. */
  reload(): void
  /** Puts the last lines into the tables: for whoever reads the file itself. */
  bringUp(): void
  /** Writes what is left and closes the file. */
  close(): Promise<void>
}

/** Other instances make budgets too: this often they are looked for. */
const refreshMs = 10_000

export async function startLedger(needs: LedgerNeeds): Promise<LedgerPart> {
  const { config, log, tokens, models, shared } = needs
  const file = await openFile(needs)
  const { database, store, clock, bringUp } = file
  const crash = needs.crashPoint && createCrash(needs.crashPoint)
  const maxWaiting = config().ledger.maxUnshippedLines
  const shipping =
    shared && startShipping({ database, bringUp, shared: crash?.shared(shared) ?? shared, maxWaiting, log })
  const journal = shipping?.guard(file.journal) ?? file.journal
  const { budgets, book } = await startBudgets({ ...needs, clock }, store)
  const whole = createLedger({
    journal: crash?.journal(journal) ?? journal,
    clock,
    models,
    budgets,
    admitsUnbounded: () => config().ledger.unknownCost === 'allow',
    countText: (text) => tokens.count(text),
    onCharged: needs.onCharged,
  })
  const ledger: Ledger = crash?.ledger(whole) ?? whole
  const retentionDays = () => config().ledger.retentionDays
  const { tables, caughtUp } = file
  const retention = startRetention({ journal, store: tables, caughtUp, shared, clock, retentionDays, log })
  return {
    ledger,
    store,
    budgets,
    routes: routesOf({ needs, file, shipping, journal, ledger, budgets, book }),
    reload: () => void book.apply().catch(onBudgetError(log)),
    bringUp,
    async close() {
      book.stop()
      retention.stop()
      await ledger.close()
      await budgets.close()
      bringUp()
      await shipping?.close()
      await file.close()
    },
  }
}

/** The ledger's file with what reads and writes it. */
interface LedgerFile {
  readonly path: string
  readonly database: DatabaseSync
  /** What it holds, with what the journal has not put into its tables yet. */
  readonly store: LedgerStore
  /** Without that. */
  readonly tables: LedgerStore
  readonly journal: Journal
  /** Never behind the last line. */
  readonly clock: Clock
  /** Puts the last lines into the tables. */
  bringUp(): void
  /** Has the journal's thread do that. Never rejects. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

/** Opens it, and settles what the last process left open. */
async function openFile({ config, clock: ownClock, log }: LedgerNeeds): Promise<LedgerFile> {
  const { dataDir, ledger: settings } = config()
  const path = join(dataDir, 'ledger.db')
  const { database, damage } = openLedger(path, ownClock)
  database.exec(`pragma wal_autocheckpoint = ${fallbackPages}`) // the thread does it
  const isPowerSafe = settings.durability === 'power'
  const thread = createJournalThread({ path, isPowerSafe })
  const logPath = join(dataDir, 'ledger.log')
  const buffered = openBufferedWriter({ database, clock: ownClock, logPath, thread })
  for (const told of [...damage, ...buffered.damage]) log.error(`the ledger: ${told}`)
  createRoller(database).catchUp()
  const bringUp = () => buffered.writer.bringUp()
  const reader = createReader(path)
  const tables = createLedgerStore(database, { reader })
  const store = freshStore(tables, bringUp)
  const clock = createSteadyClock(ownClock, store.lastAtMs())
  const journal = createJournal({
    write: (group) => (isPowerSafe ? thread : buffered.writer).write(group),
    onState(why) {
      if (why === undefined) log.info('the ledger can be written again')
      else log.error({ why }, 'the ledger cannot be written: calls that cost money are refused')
    },
    onRefused: (why) =>
      log.error({ why }, 'a settlement could not be stored: the next start settles its call'),
  })
  const recovered = await recover(store, journal, clock)
  bringUp() // ids of intents begin anew now: what was settled under an old one must not wait beside them
  if (recovered > 0) log.warn({ attempts: recovered }, 'attempts of a process that had ended were settled')
  return {
    path,
    database,
    store,
    tables,
    journal,
    clock,
    bringUp,
    caughtUp: () => buffered.writer.caughtUp(),
    async close() {
      buffered.writer.close()
      await thread.close()
      await reader.close()
      database.close()
    },
  }
}

async function startBudgets(
  { config, budgets: store, access, alerts, clock, log, shared, budgetCounters }: LedgerNeeds,
  ledgerStore: LedgerStore,
): Promise<{ budgets: Budgets; book: BudgetBook }> {
  const declared = () => declaredBudgets(config())
  const stored = await store.all()
  const budgets = new Budgets({
    store: ledgerStore,
    budgets: [...declared(), ...access.ownBudgets(), ...stored],
    credits: creditsOf(access.directory),
    clock,
    onEvent: (event) => alerts.raise(toSignal(event)),
    ...(budgetCounters && {
      shared: { counters: budgetCounters, charges: async (query) => (await shared?.charges(query)) ?? [] },
    }),
  })
  await budgets.joined()
  const onError = onBudgetError(log)
  const own = () => access.ownBudgets()
  const credits = () => creditsOf(access.directory)
  const nowMs = () => clock.nowMs()
  const book = new BudgetBook({ store, budgets, declared, own, credits, nowMs, onError }, stored)
  access.onChange(() => void book.applyOwn().catch(onError))
  book.start(refreshMs)
  return { budgets, book }
}

function onBudgetError(log: Log): (cause: unknown) => void {
  return (cause) => log.warn({ cause: inspect(cause) }, 'budgets could not be read')
}

interface Built {
  readonly needs: LedgerNeeds
  readonly file: LedgerFile
  readonly shipping: Shipping | undefined
  readonly journal: Journal
  readonly ledger: Ledger
  readonly budgets: Budgets
  readonly book: BudgetBook
}

function routesOf({ needs, file, budgets, book, ...built }: Built): readonly AdminRoute[] {
  const { shipping, journal, ledger } = built
  const { store, bringUp, path, clock } = file
  const { config, names } = needs
  const shared = shipping?.books
  const nowMs = () => clock.nowMs()
  return [
    ...ledgerRoutes({
      store,
      shared,
      isOpen: (id) => ledger.isOpen(id),
      differences: () => budgets.differences(),
      snapshot() {
        bringUp()
        return openLedgerSnapshot(path)
      },
    }),
    ...instanceRoutes(
      new Instances({
        self: instanceOf(config().dataDir),
        shared: needs.shared,
        counters: needs.budgetCounters,
        nowMs,
      }),
    ),
    ...exportRoutes({ store, shared }),
    ...usageRoutes({ store, shared, names, nowMs }),
    ...sessionRoutes({ store, shared, names, nowMs }),
    ...reconcileRoutes({
      store,
      shared,
      nowMs,
      newId: createIdFactory(randomBytes, clock, 'adjust_'),
      kept: needs.reconciliations,
      hasProvider: (name) => Object.hasOwn(config().providers, name),
      enter: (lines) =>
        enterCorrections(lines, {
          journal,
          recount: () => book.apply(),
          onError: onBudgetError(needs.log),
        }),
    }),
    ...budgetRoutes({
      budgets,
      book,
      nowMs,
      newId: createIdFactory(randomBytes, clock, 'budget_'),
      hasRoute: (name) => Object.hasOwn(config().routes, name),
    }),
  ]
}
