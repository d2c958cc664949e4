/** Tells of API keys and providers' credentials that are older than they should be: what was never changed leaks for years. */

import { createHash } from 'node:crypto'
import { asObject, asString, parseJson } from '../core/json.ts'
import type { Alert, AlertKind, Resolution, Signal } from './alert.ts'
import type { Verdicts } from './failure-rate.ts'
import type { MarkStore } from './port.ts'

/** A secret by its name, never by its value. */
export interface AgedSecret {
  readonly org: string
  readonly kind: Extract<AlertKind, 'key-age' | 'credential-age'>
  /** By an id that stays. */
  readonly subject: string
  /** For people, such as `The API key "ci"`. */
  readonly name: string
  readonly sinceMs: number
}

/** In days. */
export interface AgeLimits {
  readonly 'key-age': number
  readonly 'credential-age': number
}

const dayMs = 86_400_000

/** Those that are past their age; whatever is open and not among them is over. */
export function judgeAges(
  secrets: Iterable<AgedSecret>,
  open: readonly Alert[],
  limits: AgeLimits,
  nowMs: number,
): Verdicts {
  const raised: Signal[] = []
  for (const { org, kind, subject, name, sinceMs } of secrets) {
    const days = Math.floor((nowMs - sinceMs) / dayMs)
    if (days < limits[kind]) continue
    raised.push({
      org,
      kind,
      subject,
      severity: 'warning',
      summary: `${name} is ${days} days old: rotate it, or end it.`,
      detail: { subject, days, since: new Date(sinceMs).toISOString(), limit_days: limits[kind] },
    })
  }
  const still = new Set(raised.map(nameOf))
  const resolved = open.filter((alert) => alert.kind in limits && !still.has(nameOf(alert)))
  return { raised, resolved: resolved.map(({ org, kind, subject }) => ({ org, kind, subject })) }
}

function nameOf({ org, kind, subject }: Resolution): string {
  return JSON.stringify([org, kind, subject])
}

/**
 * Since when this secret has been in use here, as far as is known: the first look that saw it. What a reference leads to
 * does not tell its age. `value` is remembered as a digest of 64 bits.
 */
export async function firstSeen(
  marks: MarkStore,
  what: string,
  value: string,
  nowMs: number,
): Promise<number> {
  const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
  const mark = `age ${digestOf(what).slice(0, 32)}`
  const digest = digestOf(JSON.stringify([what, value])).slice(0, 16)
  const known = asObject(parseJson((await marks.get(mark)) ?? 'null'))
  const sinceMs = known?.['since_ms']
  if (asString(known?.['digest']) === digest && typeof sinceMs === 'number') return sinceMs
  await marks.set(mark, JSON.stringify({ digest, since_ms: nowMs }))
  return nowMs
}
