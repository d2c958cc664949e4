/** Spans of time in words. */

import { boundsOf, ranges, type Span } from '../ranges.ts'
import { formatDayAndTime } from './time.ts'

/** On a button: `Last 24 h`, `26 Nov, 14:00 – 27 Nov, 09:00`. */
export function spanLabel(span: Span): string {
  if ('range' in span) return ranges[span.range].label
  const { fromMs, toMs } = boundsOf(span, 0)
  return `${formatDayAndTime(fromMs)} – ${formatDayAndTime(toMs)}`
}

/** In a sentence: `in the last 24 h`, `from 26 Nov, 14:00 to 27 Nov, 09:00`. */
export function spanText(span: Span): string {
  if ('range' in span) return ranges[span.range].told
  const { fromMs, toMs } = boundsOf(span, 0)
  return `from ${formatDayAndTime(fromMs)} to ${formatDayAndTime(toMs)}`
}
