/** Says that what is seen is being asked for anew, where that takes long enough to be noticed. */

import { useDebouncedValue } from '@mantine/hooks'
import { useIsFetching } from '@tanstack/react-query'
import type { ReactNode } from 'react'

const noticedMs = 300

export function FetchBar(): ReactNode {
  const isFetching = useIsFetching() > 0
  const [isLong] = useDebouncedValue(isFetching, noticedMs)
  return isFetching && isLong && <div className="fetch-bar" aria-hidden="true" />
}
