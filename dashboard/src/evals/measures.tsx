/** The measures of all arms side by side, each with its interval. */

import type { ReactNode } from 'react'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { Arm, ArmFigures, Figure } from './report.ts'

interface Measure {
  readonly name: string
  tell(figures: ArmFigures): string
}

const score = (value: number): string => value.toFixed(3)
const measure = (
  name: string,
  figureOf: (figures: ArmFigures) => Figure | undefined,
  write: (value: number) => string,
): Measure => ({ name, tell: (figures) => withBounds(figureOf(figures), write) })

const measures: readonly Measure[] = [
  measure('Pass rate', ({ passRate }) => passRate, formatShare),
  // An interval around a mean may reach beyond what a score can be.
  measure(
    'Score',
    (figures) => figures.score,
    (value) => score(Math.min(1, Math.max(0, value))),
  ),
  measure('All repeats pass', ({ passAll }) => passAll, formatShare),
  measure('Agreement of the repeats', ({ agreement }) => agreement, formatShare),
  measure('Latency p50', ({ totalMs }) => totalMs.p50, formatMs),
  measure('Latency p95', ({ totalMs }) => totalMs.p95, formatMs),
  measure('First token p95', ({ firstTokenMs }) => firstTokenMs.p95, formatMs),
  measure('Cost of an answer', ({ costUsd }) => costUsd, formatUsd),
  measure('Cost of a passed case', ({ costPerSuccessUsd }) => costPerSuccessUsd, formatUsd),
  measure('Input tokens', ({ inputTokens }) => inputTokens, formatCount),
  measure('Output tokens', ({ outputTokens }) => outputTokens, formatCount),
  {
    name: 'Cost of all answers',
    tell: ({ costUsd, totalCostUsd }) => (costUsd ? formatUsd(totalCostUsd) : '-'),
  },
  { name: 'Answers', tell: ({ rows }) => formatCount(rows) },
  { name: 'Lost to faults', tell: ({ errors }) => formatCount(errors) },
]

export function Measures({ arms }: { readonly arms: readonly Arm[] }): ReactNode {
  const own = [...new Set(arms.flatMap(({ figures }) => Object.keys(figures.metrics)))]
  const all = [
    ...measures,
    ...own.map((name) => measure(visible(name), ({ metrics }) => metrics[name], score)),
  ]
  const known = all.filter(({ tell }) => arms.some(({ figures }) => tell(figures) !== '-'))
  const columns: Column<Measure>[] = [
    { title: 'Measure', cell: ({ name }) => <UntrustedText text={name} /> },
    ...arms.map(({ label, isBaseline, figures }) => ({
      title: visible(isBaseline ? `${label} (baseline)` : label),
      isNumber: true,
      cell: ({ tell }: Measure) => tell(figures),
    })),
  ]
  return (
    <>
      <DataTable caption="Measures" columns={columns} things={known} idOf={({ name }) => name} />
      <p className="dim panel-note">In brackets: 95 % intervals, with the case as the unit.</p>
    </>
  )
}

function withBounds(figure: Figure | undefined, write: (value: number) => string): string {
  if (!figure) return '-'
  const { value, lower, upper } = figure
  if (lower === undefined || upper === undefined) return write(value)
  return `${write(value)} [${write(lower)}, ${write(upper)}]`
}
