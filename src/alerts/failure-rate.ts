/** Watches how many attempts at each provider fail by its fault, over the last five minutes. */

import type { RequestRecord } from '../records/record.ts'
import { errorTable } from '../core/error.ts'
import { asNumber } from '../core/json.ts'
import type { Resolution, Signal } from './alert.ts'

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

interface Slot {
  number: number
  attempts: number
  failures: number
}

/** Pure but for what it remembers; times are arguments. */
export class FailureWatch {
  readonly #providers = new Map<string, Slot[]>()
  readonly #open = new Set<string>()

  /** Takes up an alert of before a restart with its figures, which pass as they would have. */
  resume({ subject: provider, detail }: Pick<Signal, 'subject' | 'detail'>, nowMs: number): void {
    const slot = this.#slotOf(provider, Math.floor(nowMs / slotMs))
    slot.attempts += asNumber(detail['attempts']) ?? 0
    slot.failures += asNumber(detail['failures']) ?? 0
    this.#open.add(provider)
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
      if (attempts >= minAttempts && found >= share) {
        this.#open.add(provider)
        raised.push(toSignal(provider, attempts, failures))
      } else if (this.#open.has(provider) && found < share / 2) {
        this.#open.delete(provider)
        resolved.push({ org: 'default', kind: 'provider-failures', subject: provider })
      }
    }
    return { raised, resolved }
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
