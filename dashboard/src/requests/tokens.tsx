/** The tokens of a request, by what they were. */

import type { ReactNode } from 'react'
import type { RequestDetail } from '../api/request-detail.ts'
import { formatCount } from '../format/number.ts'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'

export function Tokens({ request: { usage } }: { readonly request: RequestDetail }): ReactNode {
  if (!usage) return <Empty title="No usage was told." />
  const count = (value: number | undefined) => (value === undefined ? undefined : formatCount(value))
  return (
    <Facts
      isList
      facts={[
        ['Input', formatCount(usage.input_tokens)],
        ['of these read from cache', count(usage.cache_read_tokens)],
        ['of these written to cache', count(usage.cache_write_tokens)],
        ['Output', formatCount(usage.output_tokens)],
        ['of these reasoning', count(usage.reasoning_tokens)],
        ['Web searches', count(usage.web_searches)],
      ]}
    />
  )
}
