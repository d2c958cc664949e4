/** A chart of one metric over runs, as inline SVG. */

export interface ChartPoint {
  readonly value: number
  readonly kind: 'baseline' | 'later' | 'run'
  readonly isAlarm: boolean
  readonly label: string
}

export interface Chart {
  readonly title: string
  /** Oldest first. */
  readonly points: readonly ChartPoint[]
  readonly mean: number
  /** Effects within this distance of the mean never alarm. */
  readonly minEffect: number
  /** What the metric can be: nothing beyond is drawn. */
  readonly range?: readonly [number, number] | undefined
  readonly show: (value: number) => string
}

const width = 640
const height = 190
const left = 62
const right = 14
const top = 12
const bottom = 26

export function chartSvg({
  title,
  points,
  mean,
  minEffect,
  range = [-Infinity, Infinity],
  show,
}: Chart): string {
  const bandLow = Math.max(range[0], mean - minEffect)
  const bandHigh = Math.min(range[1], mean + minEffect)
  const values = [...points.map(({ value }) => value), bandLow, bandHigh]
  const low = Math.min(...values)
  const high = Math.max(...values)
  const margin = (high - low || 1) * 0.08
  const x = (at: number) =>
    left + (points.length < 2 ? 0.5 : at / (points.length - 1)) * (width - left - right)
  const y = (value: number) =>
    top + ((high + margin - value) / (high - low + 2 * margin)) * (height - top - bottom)
  const split = points.findIndex(({ kind }) => kind !== 'baseline')
  const splitX = split > 0 ? (x(split - 1) + x(split)) / 2 : undefined
  const band = `<rect class="band" x="${left}" y="${n(y(bandHigh))}" width="${width - left - right}" height="${n(y(bandLow) - y(bandHigh))}"/>`
  const meanLine = `<line class="mean" x1="${left}" x2="${width - right}" y1="${n(y(mean))}" y2="${n(y(mean))}"/>`
  const line = `<polyline class="line" points="${points.map(({ value }, at) => `${n(x(at))},${n(y(value))}`).join(' ')}"/>`
  const dots = points.map(
    ({ value, kind, isAlarm, label }, at) =>
      `<circle class="${kind}${isAlarm ? ' alarm' : ''}" cx="${n(x(at))}" cy="${n(y(value))}" r="${kind === 'run' ? 5 : 3}"><title>${escapeHtml(`${label}: ${show(value)}`)}</title></circle>`,
  )
  // A label that would touch another is left out.
  const labelled = [mean, high, low].filter(
    (value, at, all) => at === 0 || all.slice(0, at).every((other) => Math.abs(y(other) - y(value)) >= 14),
  )
  const ticks = labelled.map(
    (value) =>
      `<text class="tick" x="${left - 8}" y="${n(y(value) + 4)}" text-anchor="end">${escapeHtml(show(value))}</text>`,
  )
  const parts =
    splitX === undefined
      ? ''
      : `<line class="split" x1="${n(splitX)}" x2="${n(splitX)}" y1="${top}" y2="${height - bottom}"/>` +
        `<text class="tick" x="${left}" y="${height - 8}">baseline</text>` +
        `<text class="tick" x="${width - right}" y="${height - 8}" text-anchor="end">later runs</text>`
  return (
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">` +
    `${band}${meanLine}${parts}${line}${dots.join('')}${ticks.join('')}</svg>`
  )
}

const n = (value: number): string => value.toFixed(1)

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
