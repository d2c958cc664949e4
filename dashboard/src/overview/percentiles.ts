/** The percentiles of how long answers take, each in its colour wherever it is drawn. */

export const percentiles = [
  { of: 'p50', color: 'var(--series-3)' },
  { of: 'p95', color: 'var(--series-2)' },
  { of: 'p99', color: 'var(--series-4)' },
] as const
