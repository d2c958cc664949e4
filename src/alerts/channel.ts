/** Where notices go: what every channel has in common. */

import type { AlertKind, Notice } from './alert.ts'

export interface Channel {
  /** Stays the same over restarts: deliveries wait for it by this name. */
  readonly name: string
  /** Absent: all. */
  readonly kinds?: readonly AlertKind[]
  /**
   * Delivers once; the receiver may see the same `deliveryId` again where its answer was lost. Rejects where it was not
   * taken.
   */
  send(notice: Notice, deliveryId: string, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const words = { raised: 'Alert', escalated: 'Worse', resolved: 'Resolved', test: 'Test' } as const

/** `Alert (critical): the provider openai fails: 60 % of 40 attempts in 5 minutes`. */
export function headline({ occasion, alert }: Notice): string {
  return `${words[occasion]} (${alert.severity}): ${alert.summary}`
}
