/** What an alert is: something that an operator wants to know of, told once while it lasts. */

import type { Concern } from '../admin/concern.ts'
import { asString, type JsonObject } from '../core/json.ts'

export const alertKinds = [
  'budget',
  'spend-anomaly',
  'provider-failures',
  'credential-parked',
  'credential-age',
  'key-age',
  'model-retirement',
  'price-change',
  'drift',
  'experiment',
  'ledger',
  'disk',
] as const

export type AlertKind = (typeof alertKinds)[number]

/** From the least to the most urgent. */
export const severities = ['info', 'warning', 'critical'] as const

export type Severity = (typeof severities)[number]

/** What a part of the gateway reports. Reported again while it lasts, it is the same alert. */
export interface Signal {
  readonly org: string
  readonly kind: AlertKind
  /** What it is about, by an id that stays: with the kind it tells one alert from another. */
  readonly subject: string
  readonly severity: Severity
  /** One sentence for people. Never a secret, never a prompt. */
  readonly summary: string
  /** Figures, for programs: names in snake_case, money as decimal strings in USD. */
  readonly detail: JsonObject
}

/** What is over. */
export type Resolution = Pick<Signal, 'org' | 'kind' | 'subject'>

export interface Alert extends Signal {
  readonly id: string
  readonly status: 'open' | 'resolved'
  /** How often it was reported. */
  readonly count: number
  readonly firstAtMs: number
  readonly lastAtMs: number
  readonly acknowledgedAtMs?: number
  /** No channel is told of it before this time. */
  readonly silencedUntilMs?: number
  readonly resolvedAtMs?: number
}

/** What is told to a channel. */
export type Occasion = 'raised' | 'escalated' | 'resolved' | 'test'

export interface Notice {
  readonly occasion: Occasion
  readonly alert: Alert
}

/** Whose it is: that of a key, or of whom the budget is. Undefined: the whole organisation's. */
export function concernOf({ kind, subject, detail }: Signal): Concern | undefined {
  if (kind === 'spend-anomaly' || kind === 'key-age') return { keyId: subject }
  const id = asString(detail['subject_id'])
  if (kind !== 'budget' || id === undefined) return undefined
  switch (detail['scope']) {
    case 'key':
      return { keyId: id }
    case 'user':
      return { userId: id }
    case 'team':
      return { teamId: id }
    default:
      return undefined
  }
}

/** An alert in the form of the admin API and of webhooks. */
export function toView(alert: Alert): JsonObject {
  const { id, kind, subject, severity, status, summary, detail, count } = alert
  const { firstAtMs, lastAtMs, acknowledgedAtMs, silencedUntilMs, resolvedAtMs } = alert
  return {
    id,
    kind,
    subject,
    severity,
    status,
    summary,
    detail,
    count,
    first_at: iso(firstAtMs),
    last_at: iso(lastAtMs),
    ...(acknowledgedAtMs !== undefined && { acknowledged_at: iso(acknowledgedAtMs) }),
    ...(silencedUntilMs !== undefined && { silenced_until: iso(silencedUntilMs) }),
    ...(resolvedAtMs !== undefined && { resolved_at: iso(resolvedAtMs) }),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
