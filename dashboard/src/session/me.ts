/** Who has signed in here, and what they may do: what they may not is not offered. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { ask, type Reply } from '../api/client.ts'

export type Policy = Reply<'GET /me'>['may'][number]

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => ask('GET /me', { signal }),
  staleTime: 60_000,
})

/** Whether calls under this policy are let in. The gateway decides again; this is for the eye. */
export function useMay(policy: Policy): boolean {
  return useQuery(meQuery).data?.may.includes(policy) ?? false
}
