/** What the page looks back on, in the header; nothing on pages that look back on nothing. */

import { Button, Popover } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { spanLabel } from '../format/span.ts'
import { type SpanSearch, spanSearch } from '../ranges.ts'
import { Icon } from '../ui/icon.tsx'
import { usePageRange, useSpan } from '../use-span.ts'

const RangePicker = lazy(async () => ({ default: (await import('../ui/range-picker.tsx')).RangePicker }))

export function RangeMenu(): ReactNode {
  const hasRange = usePageRange() !== undefined
  const { span, isCompared } = useSpan()
  const [isOpen, setOpen] = useState(false)
  const navigate = useNavigate()
  if (!hasRange) return null
  const change = (search: SpanSearch) =>
    void navigate({
      to: '.',
      search: ((before: object) => ({ ...before, ...search })) as never,
      resetScroll: false,
    })
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" radius={8} trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          className="range-menu"
          aria-label={`Range: ${spanLabel(span)}`}
          leftSection={<Icon name="range" />}
          onClick={() => setOpen(!isOpen)}
        >
          {spanLabel(span)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Suspense fallback={null}>
          <RangePicker
            span={span}
            isCompared={isCompared}
            onSpan={(next) => {
              setOpen(false)
              change(spanSearch(next))
            }}
            onCompare={(is) => change({ cmp: is ? 'prev' : 'off' })}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  )
}
