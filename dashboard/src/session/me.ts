/** Who has signed in here, and what they may do: what they may not is not offered. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { ask, type Operation, type Reply } from '../api/client.ts'
import { policyOf } from '../api/policies.ts'

type Policy = Reply<'GET /me'>['may'][number]

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => ask('GET /me', { signal }),
  staleTime: 60_000,
})

/** Whether somebody with these policies is let in. */
export function isLetIn(operation: Operation, may: readonly Policy[]): boolean {
  return may.includes(policyOf[operation])
}

/** Whether the gateway lets whoever is signed in do this. It decides again; this is for the eye. */
export function useMay(operation: Operation): boolean {
  const { data } = useQuery(meQuery)
  return data !== undefined && isLetIn(operation, data.may)
}
