/** Durations in the names of models and faults. */

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** `250ms`, `5s`, `1.5s`, `2m`, or a bare number of milliseconds; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text)
  return match ? Math.round(Number(match[1]) * unitMs[match[2] ?? 'ms']!) : undefined
}
