/** Picks how far back a page looks. */

import { SegmentedControl } from '@mantine/core'
import type { ReactNode } from 'react'
import { type RangeName, ranges } from '../ranges.ts'

interface RangePickerProps {
  readonly value: RangeName
  onChange(range: RangeName): void
}

export function RangePicker({ value, onChange }: RangePickerProps): ReactNode {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Range"
      value={value}
      onChange={(name) => onChange(name as RangeName)}
      data={Object.entries(ranges).map(([name, { label }]) => ({ value: name, label }))}
    />
  )
}
