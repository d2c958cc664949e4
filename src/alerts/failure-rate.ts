/** Watches how many attempts at each provider fail by its fault, over the last five minutes. */

import type { RequestRecord } from '../records/record.ts'
import { errorTable } from '../core/error.ts'
import { asNumber } from '../core/json.ts'
import type { Resolution, Signal } from './alert.ts'
import type { Alerts } from './alerts.ts'

export interface FailureRule {
  /** Share of failures from which an alert is raised; it ends below a half of that. */
  readonly share: number
  /** Attempts within the window that it takes to judge. */
  readonly minAttempts: number
}

export interface Verdicts {
  readonly raised: readonly Signal[]
  readonly resolved: readonly Resolution[]
}

const slotMs = 60_000
const slots = 5
/** What lasts is reported each minute, by every instance that sees it. */
const reportedAgainMs = 90_000
const askAgainMs = 30_000

interface Slot {
  number: number
  attempts: number
  failures: number
}

/** Pure but for what it remembers; times are arguments. */
export class FailureWatch {
  readonly #providers = new Map<string, Slot[]>()
  /** From when on it may be asked whether the alert is over; 0 while it is not. */
  readonly #open = new Map<string, number>()

  /** Takes up an alert of before a restart with its figures, which pass as they would have. */
  resume({ subject: provider, detail }: Pick<Signal, 'subject' | 'detail'>, nowMs: number): void {
    const slot = this.#slotOf(provider, Math.floor(nowMs / slotMs))
    slot.attempts += asNumber(detail['attempts']) ?? 0
    slot.failures += asNumber(detail['failures']) ?? 0
    this.#open.set(provider, 0)
  }

  note({ attempts }: Pick<RequestRecord, 'attempts'>, nowMs: number): void {
    for (const { provider, code } of attempts) {
      const slot = this.#slotOf(provider, Math.floor(nowMs / slotMs))
      slot.attempts++
      if (code !== undefined && errorTable[code].blame === 'upstream') slot.failures++
    }
  }

  judge({ share, minAttempts }: FailureRule, nowMs: number): Verdicts {
    const raised: Signal[] = []
    const resolved: Resolution[] = []
    for (const [provider, all] of this.#providers) {
      const { attempts, failures } = sumSince(all, Math.floor(nowMs / slotMs) - slots)
      const found = attempts === 0 ? 0 : failures / attempts
      const askAtMs = this.#open.get(provider)
      if (attempts >= minAttempts && found >= (askAtMs === undefined ? share : share / 2)) {
        this.#open.set(provider, 0)
        raised.push(toSignal(provider, attempts, failures))
      } else if (askAtMs !== undefined && found < share / 2 && nowMs >= askAtMs) {
        this.#open.set(provider, nowMs + askAgainMs)
        resolved.push({ org: 'default', kind: 'provider-failures', subject: provider })
      }
    }
    return { raised, resolved }
  }

  /** Its alert has ended; without this, `judge` names it again. */
  ended({ subject: provider }: Pick<Resolution, 'subject'>): void {
    if (this.#open.get(provider) !== 0) this.#open.delete(provider)
  }

  #slotOf(provider: string, number: number): Slot {
    let all = this.#providers.get(provider)
    if (!all) this.#providers.set(provider, (all = []))
    const last = all.at(-1)
    if (last?.number === number) return last
    const slot = { number, attempts: 0, failures: 0 }
    all.push(slot)
    if (all.length > slots + 1) all.shift()
    return slot
  }
}

/** The provider may fail at another instance still: the alert is one of all instances, and ends with the last of them. */
export function tellFailures(
  watch: FailureWatch,
  { raised, resolved }: Verdicts,
  alerts: Pick<Alerts, 'raise' | 'end'>,
): void {
  for (const signal of raised) alerts.raise(signal)
  for (const what of resolved) {
    void alerts.end(what, reportedAgainMs).then((isOver) => isOver && watch.ended(what))
  }
}

function sumSince(all: readonly Slot[], after: number): { attempts: number; failures: number } {
  let [attempts, failures] = [0, 0]
  for (const slot of all) {
    if (slot.number <= after) continue
    attempts += slot.attempts
    failures += slot.failures
  }
  return { attempts, failures }
}

function toSignal(provider: string, attempts: number, failures: number): Signal {
  const percent = Math.round((failures / attempts) * 100)
  return {
    org: 'default',
    kind: 'provider-failures',
    subject: provider,
    severity: percent >= 90 ? 'critical' : 'warning',
    summary: `The provider ${provider} fails: ${percent} % of ${attempts} attempts in ${slots} minutes.`,
    detail: { provider, attempts, failures, share: failures / attempts },
  }
}
