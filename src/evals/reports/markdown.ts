/** The report for the comment of a pull request. */

import type { Report } from '../report.ts'
import {
  figureText,
  milliseconds,
  partAsked,
  partBounds,
  partWriter,
  percent,
  points,
  rowReason,
  usd,
  verdictText,
  worstRows,
} from './format.ts'

const marks = { pass: '✅', fail: '❌', inconclusive: '⚠️' } as const
const maxFailures = 20

/** The first line is a mark by which a workflow finds its own comment again. */
export function markdownReport(report: Report): string {
  const lines = [
    `<!-- weir-eval:${report.name.replaceAll('-->', '')} -->`,
    `### ${marks[report.verdict]} ${cell(report.name)}: ${cell(verdictText(report))}`,
    '',
    ...table(
      ['Arm', 'Pass rate', 'Faults', 'p95', 'USD per answer', 'Total'],
      report.arms.map(({ label, isBaseline, figures }) => [
        isBaseline ? `${label} (baseline)` : label,
        figureText(figures.passRate, percent),
        `${figures.errors} of ${figures.rows}`,
        figures.totalMs.p95 === undefined ? '-' : figureText(figures.totalMs.p95, milliseconds),
        figureText(figures.costUsd, usd),
        usd(figures.totalCostUsd),
      ]),
    ),
  ]
  for (const { gate } of report.comparisons) {
    if (gate === undefined) continue
    lines.push(
      ...table(
        ['Gate', 'Estimate', 'Bounds', 'Asked', 'Verdict'],
        gate.parts.map((part) => [
          part.name,
          part.estimate === undefined ? '-' : partWriter(part)(part.estimate),
          partBounds(part),
          partAsked(part),
          `${marks[part.verdict]} ${part.verdict}${part.reason === undefined ? '' : `: ${part.reason}`}`,
        ]),
      ),
    )
  }
  const tags = Object.entries(report.tags)
  if (tags.length > 0) {
    lines.push(
      ...table(
        ['Tag', 'Cases', ...report.arms.map(({ label }) => label), 'Difference'],
        tags.map(([name, { cases, passRate, difference }]) => [
          name,
          String(cases),
          ...report.arms.map(({ label }) => figureText(passRate[label], percent)),
          figureText(difference, points),
        ]),
      ),
    )
  }
  const failures = worstRows(report, maxFailures)
  if (failures.length > 0) {
    lines.push('<details><summary>First failures</summary>', '')
    lines.push(
      ...table(
        ['Case', 'Why'],
        failures.map((row) => [`${row.caseId} #${row.repeat + 1}`, rowReason(row).slice(0, 300)]),
      ),
    )
    lines.push('</details>', '')
  }
  lines.push(`<sub>${report.runId}, suite ${report.suiteHash.slice(0, 12)}, seed ${cell(report.seed)}</sub>`)
  return lines.join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line), '']
}

/** Text of models and suites is data: it must neither end a cell nor become markup. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\|`*_[\]<>]/g, (mark) => (mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`))
}
