/** The models, keys and users that cost most, or asked most. */

import { SegmentedControl } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { formatCount, usdFormatter } from '../format/number.ts'
import { type Span, spanSearch } from '../ranges.ts'
import { exactly } from '../api/filter-text.ts'
import { useOwnerNames } from '../api/owner-names.ts'
import type { UsageFilter } from '../api/usage.ts'
import { type Bar, BarsList } from '../ui/bars-list.tsx'
import { Empty } from '../ui/empty.tsx'
import { Panel } from '../ui/panel.tsx'
import { type Dimension, dimensions, type Spending } from './spending.ts'

type Measure = 'costUsd' | 'requests' | 'tokens'

interface TopListsProps {
  readonly named: Spending['named']
  readonly span: Span
  readonly where: UsageFilter
}

const shown = 6
const titles = { model: 'Top models', key: 'Top keys', user: 'Top users' } as const

export function TopLists(props: TopListsProps): ReactNode {
  const [measure, setMeasure] = useState<Measure>('costUsd')
  const nameOf = useOwnerNames()
  return dimensions.map((dimension, index) => {
    const bars = barsOf(props, dimension, measure, (id) => nameOf(dimension, id))
    return (
      <Panel
        key={dimension}
        title={titles[dimension]}
        className="four"
        aside={index === 0 && <MeasurePicker value={measure} onChange={setMeasure} />}
      >
        {bars.length > 0 ? <BarsList bars={bars} /> : <Empty title={emptyText(props.named, dimension)} />}
      </Panel>
    )
  })
}

function emptyText(named: Spending['named'], dimension: Dimension): string {
  if (named[dimension] === undefined) return 'Users are not told apart within a session or a tag.'
  return dimension === 'user' ? 'No request named a user.' : `Nothing in this range.`
}

interface MeasurePickerProps {
  readonly value: Measure
  onChange(measure: Measure): void
}

function MeasurePicker({ value, onChange }: MeasurePickerProps): ReactNode {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Measure"
      value={value}
      onChange={(measure) => onChange(measure as Measure)}
      data={[
        { value: 'costUsd', label: 'Cost' },
        { value: 'requests', label: 'Requests' },
        { value: 'tokens', label: 'Tokens' },
      ]}
    />
  )
}

function barsOf(
  { named, span, where }: TopListsProps,
  dimension: Dimension,
  measure: Measure,
  nameOf: (id: string) => string,
): readonly Bar[] {
  const most = (named[dimension] ?? []).toSorted((a, b) => b[measure] - a[measure]).slice(0, shown)
  const tell = measure === 'costUsd' ? usdFormatter(most.map(({ costUsd }) => costUsd)) : formatCount
  return most.map((of) => ({
    id: of.name,
    name: nameOf(of.name),
    value: of[measure],
    told: tell(of[measure]),
    link: (text) => (
      <Link to="/requests" search={{ ...where, ...spanSearch(span), [dimension]: exactly(of.name) }}>
        {text}
      </Link>
    ),
  }))
}
