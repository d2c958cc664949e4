/** Remembers which of the providers' keys are parked, so that the alert ends once they are used again. */

import type { Resolution, Signal } from './alert.ts'

/** A provider refused a key, or its account is out of money. */
export interface Parking {
  readonly provider: string
  readonly credential: string
  readonly code?: string
  readonly forMs?: number
}

/** A key that is parked again soon after it came back was never well. */
const graceMs = 60_000

export class ParkedCredentials {
  readonly #untilMs = new Map<string, number>()

  park({ provider, credential, code, forMs = 0 }: Parking, nowMs: number): Signal {
    const subject = `${provider}/${credential}`
    this.#untilMs.set(subject, nowMs + forMs + graceMs)
    return {
      org: 'default',
      kind: 'credential-parked',
      subject,
      severity: 'critical',
      summary: `The key ${credential} of provider ${provider} is parked (${code ?? 'refused'}).`,
      detail: { provider, credential, ...(code !== undefined && { code }) },
    }
  }

  /** Takes up an alert of before a restart: after one every key is tried again. */
  resume({ subject }: Pick<Signal, 'subject'>, nowMs: number): void {
    if (!this.#untilMs.has(subject)) this.#untilMs.set(subject, nowMs + graceMs)
  }

  /** Those that were not parked again after their time. */
  over(nowMs: number): Resolution[] {
    const subjects = [...this.#untilMs].flatMap(([subject, untilMs]) => (untilMs <= nowMs ? [subject] : []))
    for (const subject of subjects) this.#untilMs.delete(subject)
    return subjects.map((subject) => ({ org: 'default', kind: 'credential-parked', subject }))
  }
}
