/** How the figures of a report are written, the same in every kind of report. */

import type { Figure, GatePart, Report } from '../report.ts'
import type { CaseRow } from '../row.ts'

export function percent(value: number, digits = 1): string {
  return `${(value * 100).toFixed(digits)} %`
}

/** Percentage points with their sign. */
export function points(value: number): string {
  const text = (value * 100).toFixed(1)
  return text === '-0.0' ? '0.0 pp' : `${value > 0 ? '+' : ''}${text} pp`
}

export function milliseconds(value: number): string {
  return value >= 10_000 ? `${(value / 1_000).toFixed(1)} s` : `${Math.round(value)} ms`
}

/** Enough digits to tell cheap calls apart. */
export function usd(value: number): string {
  if (value === 0) return '$0'
  return `$${Math.abs(value) >= 1 ? value.toFixed(2) : Number(value.toPrecision(3)).toString()}`
}

export function figureText(figure: Figure | undefined, write: (value: number) => string): string {
  if (figure === undefined) return '-'
  const { value, lower, upper } = figure
  if (lower === undefined || upper === undefined) return write(value)
  if (write(lower) === write(value) && write(upper) === write(value)) return write(value)
  return `${write(value)} (${write(lower)} to ${write(upper)})`
}

/** How a part's numbers are written follows from what it measures. */
export function partWriter({ name }: GatePart): (value: number) => string {
  if (name === 'pass rate' || name.startsWith('critical') || name.endsWith('faults')) {
    return name === 'pass rate' ? points : percent
  }
  if (name.startsWith('pass rate')) return percent
  if (name.endsWith(', ms')) return milliseconds
  if (name.endsWith('USD')) return usd
  return (value) => value.toFixed(3)
}

export function partBounds(part: GatePart): string {
  const write = partWriter(part)
  const side = (value: number | undefined): string => (value === undefined ? '?' : write(value))
  return part.lower === undefined && part.upper === undefined
    ? '-'
    : `${side(part.lower)} to ${side(part.upper)}`
}

/** What is asked of a part, in words. */
export function partAsked(part: GatePart): string {
  if (part.bound === undefined) return '-'
  const isCeiling = /latency|token p95|cost|faults/.test(part.name)
  return `${isCeiling ? 'at most' : part.method === 'count' ? 'all,' : 'at least'} ${partWriter(part)(part.bound)}`
}

/** Rows to look at first: failures of the candidates, then faults; of a case that fails in every repeat, one. */
export function worstRows({ arms, rows }: Pick<Report, 'arms' | 'rows'>, limit: number): readonly CaseRow[] {
  const candidates = new Set(arms.filter(({ isBaseline }) => !isBaseline).map(({ label }) => label))
  const own = rows.filter(({ arm }) => candidates.has(arm))
  const failed = own.filter(({ status, pass }) => status === 'graded' && !pass)
  const broken = own.filter(({ status }) => status === 'error')
  const firsts = new Map<string, CaseRow>()
  for (const row of [...failed, ...broken]) {
    const key = `${row.arm}\n${row.caseId}`
    const known = firsts.get(key)
    if (known === undefined) {
      if (firsts.size < limit) firsts.set(key, row)
    } else if (known.status === row.status && row.repeat < known.repeat) firsts.set(key, row)
  }
  return [...firsts.values()]
}

/** Why a row failed, in one line. */
export function rowReason({ status, error, asserts, pass }: CaseRow): string {
  if (status === 'error') return `fault: ${error?.code ?? ''} ${error?.message ?? ''}`.trim()
  if (pass) return 'pass'
  const failed = asserts.filter((result) => !result.pass && result.weight > 0)
  return failed.map(({ type, reason }) => `${type}: ${reason}`).join('; ')
}

/** The verdict and what is behind it, in one or two sentences. */
export function verdictText(report: Report): string {
  const gate = report.comparisons.find((comparison) => comparison.gate?.verdict === report.verdict)?.gate
  const open = gate?.parts.filter(({ verdict }) => verdict === report.verdict && verdict !== 'pass') ?? []
  const why = [
    ...(report.reason === undefined ? [] : [report.reason]),
    ...open.map(({ name, reason }) => (reason === undefined ? name : `${name} (${reason})`)),
  ].join('; ')
  const needed =
    gate?.casesNeeded === undefined
      ? ''
      : `. About ${gate.casesNeeded.toLocaleString('en')} cases would decide`
  return `${report.verdict}${why === '' ? '' : `: ${why}`}${needed}`
}
