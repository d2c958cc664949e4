/** What the requests that a provider answered came to in a day, as the page of providers asks for it. */

import { queryOptions } from '@tanstack/react-query'
import { ask, type Reply } from '../api/client.ts'
import { exactly } from '../api/filter-text.ts'

export type ProviderSums = Reply<'GET /requests/summary'>

export const providerSumsQuery = (provider: string) =>
  queryOptions({
    queryKey: ['requests-summary', 'provider', provider],
    queryFn: ({ signal }) => ask('GET /requests/summary', { query: { provider: exactly(provider) }, signal }),
    refetchInterval: 30_000,
  })
