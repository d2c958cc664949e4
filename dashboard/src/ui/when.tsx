/** A point in time, told relative to now, with the exact one in reach. */

import { Tooltip } from '@mantine/core'
import { useInterval } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { formatMoment, formatWhen } from '../format/time.ts'

const refreshMs = 10_000

/** `at` is ISO 8601, as the admin API writes it. */
export function When({ at }: { readonly at: string }): ReactNode {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useInterval(() => setNowMs(Date.now()), refreshMs, { autoInvoke: true })
  const atMs = Date.parse(at)
  return (
    <Tooltip label={formatMoment(atMs)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={at}>{formatWhen(atMs, nowMs)}</time>
    </Tooltip>
  )
}
