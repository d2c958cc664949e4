/** The power of a planned gate: how likely it passes, over how much worse the candidate truly is. */

import { useElementSize } from '@mantine/hooks'
import type { ReactNode } from 'react'
import type { Reply } from '../api/client.ts'
import { ChartFigure } from '../ui/chart-figure.tsx'
import { DataTable } from '../ui/data-table.tsx'
import './evals.css'

type Plan = Reply<'POST /evals/plan'>

interface PowerChartProps {
  readonly gate: NonNullable<Plan['gate']>
  readonly odds: NonNullable<Plan['odds']>
}

interface Curve {
  readonly name: string
  readonly color: string
  readonly dashes?: string
  readonly points: PowerChartProps['odds']
}

const height = 200
const margin = { top: 12, right: 16, bottom: 34, left: 56 }

const kinds = [
  { population: 'diffuse', name: 'a little everywhere', color: 'var(--series-1)' },
  { population: 'concentrated', name: 'in a few cases altogether', color: 'var(--series-2)', dashes: '5 3' },
] as const

export function PowerChart({ gate, odds }: PowerChartProps): ReactNode {
  const curves = kinds.map(({ population, ...rest }) => ({
    ...rest,
    points: odds.filter((point) => point.population === population),
  }))
  const caption = captionOf(gate.margin, odds)
  return (
    <ChartFigure
      className="power-chart"
      caption={caption}
      legend={
        <ul className="series-chart-legend">
          {curves.map(({ name, color }) => (
            <li key={name}>
              <i style={{ background: color }} />
              Worse {name}
            </li>
          ))}
        </ul>
      }
      chart={<Picture curves={curves} gate={gate} />}
      table={<Table caption={caption} curves={curves} />}
    />
  )
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
const points = (loss: number): string => (loss === 0 ? '0 pp' : `-${Number((loss * 100).toFixed(2))} pp`)

function captionOf(bound: number, odds: PowerChartProps['odds']): string {
  const at = (loss: number) =>
    odds.find((point) => point.population === 'diffuse' && Math.abs(point.loss - loss) < 1e-9)?.pass
  const [equal, worse] = [at(0), at(bound)]
  if (equal === undefined || worse === undefined) return 'How likely the gate passes.'
  return `The gate passes ${percent(equal)} of candidates that are as good, and ${percent(worse)} of those that are worse by the margin.`
}

function Table({
  caption,
  curves,
}: {
  readonly caption: string
  readonly curves: readonly Curve[]
}): ReactNode {
  const losses = curves[0]?.points.map(({ loss }) => loss) ?? []
  return (
    <DataTable
      caption={caption}
      things={losses}
      idOf={String}
      columns={[
        { title: 'True difference', cell: points },
        ...curves.map(({ name, points: all }) => ({
          title: `P(pass), worse ${name}`,
          isNumber: true,
          cell: (loss: number) => percent(all.find((point) => point.loss === loss)?.pass ?? 0),
        })),
      ]}
    />
  )
}

interface PictureProps extends Pick<PowerChartProps, 'gate'> {
  readonly curves: readonly Curve[]
}

function Picture({ curves, gate }: PictureProps): ReactNode {
  const { ref, width: measured } = useElementSize()
  const width = Math.max(measured, 240)
  const losses = curves[0]?.points.map(({ loss }) => loss) ?? []
  const most = Math.max(...losses, 1e-6)
  const x = (loss: number) => margin.left + (1 - loss / most) * (width - margin.left - margin.right)
  const y = (share: number) => margin.top + (1 - share) * (height - margin.top - margin.bottom)
  const path = (all: Curve['points']) =>
    `M${all.map(({ loss, pass }) => `${x(loss).toFixed(1)} ${y(pass).toFixed(1)}`).join('L')}`
  const ticks = [most, most / 2, 0]
  return (
    <div ref={ref} className="series-chart-picture">
      <svg width={width} height={height} aria-hidden="true">
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line
              x1={margin.left}
              x2={width - margin.right}
              y1={y(share)}
              y2={y(share)}
              stroke="var(--line)"
            />
            <text x={margin.left - 8} y={y(share) + 4} textAnchor="end">
              {percent(share)}
            </text>
          </g>
        ))}
        <line
          x1={x(gate.margin)}
          x2={x(gate.margin)}
          y1={margin.top}
          y2={y(0)}
          stroke="var(--text-3)"
          strokeDasharray="4 3"
        />
        <text x={x(gate.margin) + 4} y={margin.top + 10}>
          margin
        </text>
        {curves.map(({ name, color, dashes, points: all }) => (
          <path
            key={name}
            d={path(all)}
            fill="none"
            stroke={color}
            strokeWidth="2"
            strokeDasharray={dashes}
          />
        ))}
        {ticks.map((loss, index) => (
          <text
            key={loss}
            x={x(loss)}
            y={height - 18}
            textAnchor={(['start', 'middle', 'end'] as const)[index]}
          >
            {points(loss)}
          </text>
        ))}
        <text x={margin.left} y={height - 3}>
          True difference of the candidate
        </text>
      </svg>
    </div>
  )
}
