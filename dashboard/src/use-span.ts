/** What the page that is shown looks back on. */

import { useRouterState, useSearch } from '@tanstack/react-router'
import { defaultRange, type RangeName, type Span, spanOf, type SpanSearch } from './ranges.ts'

export interface Look {
  readonly span: Span
  /** Whether the period before is looked at too. */
  readonly isCompared: boolean
}

/** Undefined on pages that look back on nothing. */
export function usePageRange(): RangeName | undefined {
  return useRouterState({ select: ({ matches }) => matches.at(-1)?.staticData.range })
}

export function useSpan(): Look {
  const fallback = usePageRange() ?? defaultRange
  const search: SpanSearch = useSearch({ strict: false })
  return { span: spanOf(search, fallback), isCompared: search.cmp !== 'off' }
}
