/** The cache of what was asked, and what an answer "not signed in" does to it. */

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from './client.ts'

/** Whether this browser has a session, as far as the last answers tell. */
export const signedInKey = ['signed-in'] as const

export function createQueries(): QueryClient {
  const onError = (error: Error): void => {
    if (error instanceof ApiError && error.status === 401) queries.setQueryData(signedInKey, false)
  }
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // The live feed says when something may have been missed: all is asked for once then, and not twice.
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (failures, error) => !(error instanceof ApiError && error.status >= 400) && failures < 2,
      },
    },
  })
  return queries
}
