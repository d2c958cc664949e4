/** The charts of the HTML report, as SVG: intervals, and distributions of times. */

import { escapeHtml } from './html-text.ts'

export interface IntervalRow {
  readonly label: string
  readonly value: number
  readonly lower?: number
  readonly upper?: number
  readonly colour: string
}

const width = 480
const rowHeight = 26
const left = 140
const right = 16

/** Points with whiskers on one scale, with an optional bound. */
export function intervalChart(
  rows: readonly IntervalRow[],
  write: (value: number) => string,
  given: { readonly bound?: number; readonly least?: number; readonly most?: number } = {},
): string {
  const values = rows.flatMap(({ value, lower, upper }) => [value, lower ?? value, upper ?? value])
  if (given.bound !== undefined) values.push(given.bound)
  const [below, beyond] = spread(Math.min(...values), Math.max(...values))
  const low = Math.max(below, given.least ?? below)
  const high = Math.min(beyond, given.most ?? beyond)
  const x = (value: number): string =>
    (left + ((clamp(value, low, high) - low) / (high - low)) * (width - left - right)).toFixed(1)
  const height = rows.length * rowHeight + 26
  const marks = rows.map(({ label, value, lower, upper, colour }, index) => {
    const y = index * rowHeight + rowHeight / 2 + 4
    const whisker =
      lower === undefined || upper === undefined
        ? ''
        : `<line x1="${x(lower)}" x2="${x(upper)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2"/>`
    return `<text x="${left - 10}" y="${y + 4}" text-anchor="end">${escapeHtml(short(label))}</text>${whisker}<circle cx="${x(value)}" cy="${y}" r="5" fill="${colour}"><title>${escapeHtml(write(value))}</title></circle>`
  })
  const base = rows.length * rowHeight + 8
  const ticks = [low, (low + high) / 2, high].map(
    (value, index) =>
      `<text x="${x(value)}" y="${base + 14}" text-anchor="${['start', 'middle', 'end'][index]}">${escapeHtml(write(value))}</text>`,
  )
  const bound =
    given.bound === undefined
      ? ''
      : `<line class="bound" x1="${x(given.bound)}" x2="${x(given.bound)}" y1="0" y2="${base}"/>`
  return svg(
    height,
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${base}" y2="${base}"/>${bound}${marks.join('')}${ticks.join('')}`,
  )
}

export interface Distribution {
  readonly colour: string
  readonly values: readonly number[]
}

/** The share of values at or below each time, up to the 99th percentile. */
export function cumulativeChart(
  distributions: readonly Distribution[],
  write: (value: number) => string,
): string {
  const sorted = distributions.map(({ colour, values }) => ({
    colour,
    values: values.toSorted((a, b) => a - b),
  }))
  const most = Math.max(1, ...sorted.map(({ values }) => values[Math.floor(values.length * 0.99)] ?? 0))
  const height = 170
  const base = height - 24
  const x = (value: number): string => (40 + (clamp(value, 0, most) / most) * (width - 40 - right)).toFixed(1)
  const y = (share: number): string => (base - share * (base - 8)).toFixed(1)
  const lines = sorted.map(({ colour, values }) => {
    const step = Math.max(1, Math.floor(values.length / 200))
    const points = values.flatMap((value, index) =>
      index % step === 0 || index === values.length - 1
        ? [`${x(value)},${y((index + 1) / values.length)}`]
        : [],
    )
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`
  })
  const grid = [0, 0.5, 0.95, 1].map(
    (share) =>
      `<line class="axis" x1="40" x2="${width - right}" y1="${y(share)}" y2="${y(share)}"/><text x="34" y="${Number(y(share)) + 4}" text-anchor="end">${share === 1 ? '' : `${share * 100} %`}</text>`,
  )
  const ticks = [0, most / 2, most].map(
    (value, index) =>
      `<text x="${x(value)}" y="${height - 8}" text-anchor="${['start', 'middle', 'end'][index]}">${escapeHtml(write(value))}</text>`,
  )
  return svg(height, `${grid.join('')}${lines.join('')}${ticks.join('')}`)
}

function svg(height: number, body: string): string {
  return `<svg viewBox="0 0 ${width} ${height}" width="100%" style="max-width:${width}px" role="img">${body}</svg>`
}

/** Room around the values, and never a scale of no length. */
function spread(low: number, high: number): readonly [number, number] {
  const room = (high - low) * 0.08 || Math.max(1e-6, Math.abs(high) * 0.1)
  return [low - room, high + room]
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

function short(label: string): string {
  return label.length > 22 ? `${label.slice(0, 20)}…` : label
}
