/** Looks after the books while the gateway runs: alerts on budgets that are over, counters that are wrong, a disk that fills up. */

import { statfs } from 'node:fs/promises'
import { inspect } from 'node:util'
import type { Alert, Resolution, Signal } from '../alerts/alert.ts'
import type { Alerts } from '../alerts/alerts.ts'
import { endedBudgets, type FindBudget } from '../alerts/budget-ends.ts'
import type { AlertStore } from '../alerts/port.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { formatUsd } from '../core/money.ts'
import type { Budgets } from '../ledger/budgets.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'
import { instanceOf } from './data-dir.ts'

export interface BooksWatchParts {
  readonly config: () => Config
  readonly store: Pick<AlertStore, 'open'>
  readonly alerts: Pick<Alerts, 'raise' | 'resolve'>
  readonly budgets: Budgets
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

const lookMs = 5_000
const dayMs = 86_400_000
/** Of the disk of the data folder. */
const fullAt = 0.85
const wellBelow = 0.8

export function watchBooks(parts: BooksWatchParts): void {
  const { config, store, alerts, budgets, clock, log, closers } = parts
  const { dataDir } = config()
  void warnOfVolatile(dataDir, log)
  const subject = `instance:${instanceOf(dataDir)}`
  // Counting takes a while: not while the gateway starts.
  let countAtMs = clock.monotonicMs() + dayMs
  const look = async (): Promise<void> => {
    const open = await store.open()
    for (const what of await endedBudgets(open, clock.nowMs(), findIn(budgets, clock))) alerts.resolve(what)
    settle(await judgeDisk(dataDir, subject), { org: 'default', kind: 'disk', subject }, open, alerts)
    if (clock.monotonicMs() < countAtMs) return
    countAtMs = clock.monotonicMs() + dayMs
    const counted = judgeCounters(await budgets.differences(), subject)
    settle(counted, { org: 'default', kind: 'ledger', subject }, open, alerts)
  }
  let looking: Promise<void> | undefined
  const timer = setInterval(() => {
    looking ??= look()
      .catch((cause: unknown) => log.error({ cause: inspect(cause) }, 'the books could not be looked after'))
      .finally(() => (looking = undefined))
  }, lookMs).unref()
  closers.add(async () => {
    clearInterval(timer)
    await looking
  })
}

/** By the numbers that the kernel gives them (statfs(2)). */
const volatile: ReadonlyMap<number, string> = new Map([
  [0x0102_1994, 'in memory (tmpfs)'],
  [0x8584_58f6, 'in memory (ramfs)'],
  [0x794c_7630, "in the container's own layer (overlayfs)"],
])

async function warnOfVolatile(dataDir: string, log: Log): Promise<void> {
  const where = volatile.get((await statfs(dataDir).catch(() => undefined))?.type ?? 0)
  if (where === undefined) return
  log.warn(
    { dataDir },
    `the data folder is ${where}: the ledger ends with it. Give it a volume that outlives the container`,
  )
}

/** Undefined: all is well. `keep`: neither. */
type Verdict = Signal | 'keep' | undefined

function settle(
  verdict: Verdict,
  what: Resolution,
  open: readonly Alert[],
  alerts: BooksWatchParts['alerts'],
): void {
  if (verdict === 'keep') return
  if (verdict) alerts.raise(verdict)
  else if (open.some(({ kind, subject }) => kind === what.kind && subject === what.subject))
    alerts.resolve(what)
}

async function judgeDisk(dataDir: string, subject: string): Promise<Verdict> {
  const { blocks, bavail, bsize } = await statfs(dataDir)
  const used = blocks === 0 ? 0 : 1 - bavail / blocks
  if (used < wellBelow) return undefined
  if (used < fullAt) return 'keep'
  const freeMiB = Math.floor((bavail * bsize) / 2 ** 20)
  return {
    org: 'default',
    kind: 'disk',
    subject,
    severity: 'critical',
    summary:
      `The disk of ${dataDir} is ${Math.floor(used * 100)} % full: ${freeMiB} MiB are left. When it is full, calls that ` +
      `cost money are refused.`,
    detail: { data_dir: dataDir, used_share: Math.round(used * 1000) / 1000, free_mib: freeMiB },
  }
}

function judgeCounters(differences: readonly string[], subject: string): Verdict {
  const [first] = differences
  if (first === undefined) return undefined
  return {
    org: 'default',
    kind: 'ledger',
    subject,
    severity: 'critical',
    summary: `Counters of budgets are not what the ledger makes of them: ${first}. See \`weir ledger verify\`.`,
    detail: { differences: differences.slice(0, 10) },
  }
}

function findIn(budgets: Budgets, clock: Pick<Clock, 'nowMs'>): FindBudget {
  return (org, id) => {
    const budget = budgets.all.find((one) => one.id === id && one.org === org)
    // A team's credit is known from its first call on.
    if (budget === undefined) return id.startsWith('credit:') ? 'unknown' : 'gone'
    return {
      capUsd: formatUsd(budget.capNanoUsd),
      isRolling: budget.isRolling,
      async shareOf(subjectId) {
        const states = await budgets.allStatesOf(budget, clock.nowMs())
        const spent = states.find(({ subject }) => subject === subjectId)?.spentNanoUsd ?? 0
        return budget.capNanoUsd === 0 ? 1 : spent / budget.capNanoUsd
      },
    }
  }
}
