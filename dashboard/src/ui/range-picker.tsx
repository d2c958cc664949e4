/** Picks what pages look back on: a range up to now, or two moments in the viewer's zone; and whether against the period before. */

import { Button, Checkbox, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { localMinuteOf } from '../format/time.ts'
import { boundsOf, type RangeName, ranges, type Span } from '../ranges.ts'
import './range-picker.css'

interface RangePickerProps {
  readonly span: Span
  readonly isCompared: boolean
  onSpan(span: Span): void
  onCompare(isCompared: boolean): void
}

const names = Object.keys(ranges) as RangeName[]

export function RangePicker({ span, isCompared, onSpan, onCompare }: RangePickerProps): ReactNode {
  const picked = 'range' in span ? span.range : undefined
  return (
    <div className="stack range-picker">
      <div className="range-picker-names" role="group" aria-label="Up to now">
        {names.map((name, index) => (
          <Button
            key={name}
            variant={name === picked ? 'light' : 'subtle'}
            color={name === picked ? 'accent' : 'gray'}
            aria-pressed={name === picked}
            data-autofocus={name === picked || (picked === undefined && index === 0) || undefined}
            onClick={() => onSpan({ range: name })}
          >
            {ranges[name].label}
          </Button>
        ))}
      </div>
      <BetweenMoments span={span} onSpan={onSpan} />
      <Checkbox
        label="Compare with the period before"
        size="xs"
        checked={isCompared}
        onChange={(event) => onCompare(event.currentTarget.checked)}
      />
    </div>
  )
}

function BetweenMoments({ span, onSpan }: Pick<RangePickerProps, 'span' | 'onSpan'>): ReactNode {
  const [draft, setDraft] = useState(() => {
    const { fromMs, toMs } = boundsOf(span, Date.now())
    return { from: localMinuteOf(fromMs), to: localMinuteOf(toMs) }
  })
  const [fault, setFault] = useState<string>()
  const apply = () => {
    const [from, to] = [new Date(draft.from), new Date(draft.to)]
    if (!(from < to)) return setFault('The end must come after the beginning.')
    onSpan({ from: from.toISOString(), to: to.toISOString() })
  }
  const field = (name: 'from' | 'to', label: string) => (
    <TextInput
      type="datetime-local"
      size="xs"
      label={label}
      value={draft[name]}
      onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
    />
  )
  return (
    <form
      className="stack range-picker-moments"
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
    >
      {field('from', 'From')}
      {field('to', 'To')}
      {fault !== undefined && <span role="alert">{fault}</span>}
      <div className="row">
        <Button type="submit" variant="default">
          Apply
        </Button>
        <span className="dim">{Intl.DateTimeFormat().resolvedOptions().timeZone}</span>
      </div>
    </form>
  )
}
