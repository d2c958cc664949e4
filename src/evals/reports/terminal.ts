/** The report for a terminal: tables of the arms, the groups and the gate, and the first failures. */

import { styleText } from 'node:util'
import Table from 'cli-table3'
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

export interface TerminalOptions {
  readonly hasColour: boolean
  readonly width: number
}

type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

const verdictColours = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const
const maxFailures = 10
const maxGroups = 20

export function terminalReport(report: Report, { hasColour, width }: TerminalOptions): string {
  const paint = (colour: Colour, text: string): string =>
    hasColour ? styleText(colour, text, { validateStream: false }) : text
  const table = (head: string[], rows: readonly string[][]): string => {
    const made = new Table({
      head: head.map((name) => paint('bold', name)),
      style: { head: [], border: [], compact: true },
      chars: plainBorders,
    })
    made.push(...rows)
    return made.toString()
  }
  const sections = [
    `${paint('bold', report.name)}  ${paint('dim', `${report.runId}  suite ${report.suiteHash.slice(0, 12)}  seed ${report.seed}`)}`,
    table(armHead, report.arms.map(armRow)),
  ]
  const groups = groupRows(report)
  if (groups.length > 1) sections.push(table(groups[0]!, groups.slice(1)))
  if (report.drops.length > 0) {
    sections.push(table(['CONTRAST', 'ARM', 'FROM', 'TO', 'DROP'], report.drops.map(dropRow)))
  }
  for (const { candidate, gate, flips } of report.comparisons) {
    if (flips) {
      sections.push(
        `only the baseline right ${flips.onlyBaseline}, only ${candidate} right ${flips.onlyCandidate}, both ${flips.bothRight}, neither ${flips.bothWrong}; McNemar p ${flips.p.toFixed(4)}`,
      )
    }
    if (gate === undefined) continue
    sections.push(
      table(
        ['GATE', 'ESTIMATE', 'BOUNDS', 'ASKED', 'VERDICT'],
        gate.parts.map((part) => [
          part.name,
          part.estimate === undefined ? '-' : partWriter(part)(part.estimate),
          partBounds(part),
          partAsked(part),
          paint(verdictColours[part.verdict], part.verdict),
        ]),
      ),
    )
  }
  const failures = worstRows(report, maxFailures)
  if (failures.length > 0) {
    const lines = failures.map((row) => {
      const line = `  ${row.caseId} #${row.repeat + 1} ${row.arm}: ${rowReason(row)}`.replaceAll('\n', ' ')
      return line.length > width ? `${line.slice(0, width - 3)}...` : line
    })
    sections.push(['First failures', ...lines].join('\n'))
  }
  sections.push(paint(verdictColours[report.verdict], verdictText(report)))
  return `${sections.join('\n\n')}\n`
}

function dropRow({ name, arm, from, to, drop }: Report['drops'][number]): string[] {
  return [name, arm, percent(from), percent(to), figureText(drop, points)]
}

/** The head, and a row for each tag; the difference only where there is a baseline. */
function groupRows({ tags, arms }: Report): string[][] {
  const labels = arms.map(({ label }) => label)
  const hasBaseline = arms.some(({ isBaseline }) => isBaseline)
  const rows = Object.entries(tags)
    .slice(0, maxGroups)
    .map(([name, { cases, passRate, difference }]) => [
      name,
      String(cases),
      ...labels.map((label) => figureText(passRate[label], percent)),
      ...(hasBaseline ? [figureText(difference, points), difference?.pHolm?.toFixed(4) ?? '-'] : []),
    ])
  return [['TAG', 'CASES', ...labels, ...(hasBaseline ? ['DIFFERENCE', 'P (HOLM)'] : [])], ...rows]
}

const armHead = [
  'ARM',
  'PASS RATE',
  'FAULTS',
  'P50',
  'P95',
  'FIRST TOKEN P95',
  'USD/ANSWER',
  'USD',
  'AGREEMENT',
]

function armRow({ label, isBaseline, figures }: Report['arms'][number]): string[] {
  const { passRate, rows, errors, totalMs, firstTokenMs, costUsd, totalCostUsd, agreement } = figures
  return [
    isBaseline ? `${label} (baseline)` : label,
    figureText(passRate, percent),
    `${errors} of ${rows}`,
    totalMs.p50 === undefined ? '-' : milliseconds(totalMs.p50.value),
    totalMs.p95 === undefined ? '-' : milliseconds(totalMs.p95.value),
    firstTokenMs.p95 === undefined ? '-' : milliseconds(firstTokenMs.p95.value),
    costUsd === undefined ? '-' : usd(costUsd.value),
    usd(totalCostUsd),
    agreement === undefined ? '-' : agreement.value.toFixed(3),
  ]
}

/** Lines between the columns alone. */
const plainBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}
