/** The models, keys and users that cost most, or asked most where nothing costs. */

import { SegmentedControl } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { formatCount, formatUsd } from '../format/number.ts'
import type { RangeName } from '../ranges.ts'
import { type Bar, BarsList } from '../ui/bars-list.tsx'
import { Empty } from '../ui/empty.tsx'
import { Panel } from '../ui/panel.tsx'
import { greatest, type SpanRows } from './summary.ts'

type Measure = 'requests' | 'cost'
type Dimension = 'model' | 'key' | 'user'

const shown = 6
const titles = { model: 'Top models', key: 'Top keys', user: 'Top users' } as const

export function TopLists(props: SpanRows & { readonly range: RangeName }): ReactNode {
  const [measure, setMeasure] = useState<Measure>('requests')
  const dimensions = ['model', 'key', 'user'] as const
  return dimensions.map((dimension, index) => {
    const bars = barsOf(props, dimension, measure)
    return (
      <Panel
        key={dimension}
        title={titles[dimension]}
        className="four"
        aside={index === 0 && <MeasurePicker value={measure} onChange={setMeasure} />}
      >
        {bars.length > 0 ? <BarsList bars={bars} /> : <Empty title={emptyText(dimension)} />}
      </Panel>
    )
  })
}

function MeasurePicker({
  value,
  onChange,
}: {
  value: Measure
  onChange: (measure: Measure) => void
}): ReactNode {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Measure"
      value={value}
      onChange={(measure) => onChange(measure as Measure)}
      data={[
        { value: 'requests', label: 'Requests' },
        { value: 'cost', label: 'Cost' },
      ]}
    />
  )
}

function barsOf(
  { rows, lines, range }: SpanRows & { readonly range: RangeName },
  dimension: Dimension,
  measure: Measure,
): Bar[] {
  const sums =
    measure === 'requests'
      ? greatest(
          rows,
          (row) => (dimension === 'key' ? row.key_name : row[dimension]),
          () => 1,
          shown,
        )
      : greatest(
          lines,
          (line) => (dimension === 'key' ? line.key_name : line[dimension]),
          (line) => Number(line.charged_usd),
          shown,
        )
  return sums.map(({ name, amount }) => ({
    name,
    value: amount,
    told: measure === 'requests' ? formatCount(amount) : formatUsd(amount),
    link: (text) => (
      <Link to="/requests" search={{ range, [dimension]: name }}>
        {text}
      </Link>
    ),
  }))
}

function emptyText(dimension: Dimension): string {
  return dimension === 'user' ? 'No request named a user.' : 'Nothing in this range.'
}
