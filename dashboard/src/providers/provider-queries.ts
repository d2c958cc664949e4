/** What the requests that each provider answered came to in a day, as the page of providers asks for it. */

import { useQuery } from '@tanstack/react-query'
import { ask, type Reply } from '../api/client.ts'
import { useMay } from '../session/me.ts'

export type ProviderSums = NonNullable<Reply<'GET /requests/summary'>['groups']>[number]

/** By the provider's name; undefined while they are not known, or are not told. */
export function useProviderSums(): ReadonlyMap<string, ProviderSums> | undefined {
  const may = useMay('GET /requests/summary')
  const { data } = useQuery({
    queryKey: ['requests-summary', 'providers'],
    queryFn: ({ signal }) => ask('GET /requests/summary', { query: { by: 'provider' }, signal }),
    refetchInterval: 30_000,
    enabled: may,
  })
  return data && new Map(data.groups?.map((sums) => [sums.provider, sums]))
}
