/** What a request may name: the routes, then the models of the configured providers. */

import { useQuery } from '@tanstack/react-query'
import { ask } from './client.ts'
import { modelsQuery, providers } from './shared-queries.ts'

/** Where nothing is configured, the built-in simulator answers. */
const simulated = ['sim/echo', 'sim/words-60']

export function useTargets(): readonly string[] {
  const routes = useQuery({ queryKey: ['routes'], queryFn: ({ signal }) => ask('GET /routes', { signal }) })
  const models = useQuery(modelsQuery)
  const known = useQuery(providers)
  const hasSimulator = known.data?.data.some(({ name }) => name === 'sim') === true
  return [
    ...(routes.data?.data ?? []).map(({ name }) => name),
    ...(hasSimulator ? simulated : []),
    ...(models.data?.data ?? []).map(({ id }) => id),
  ]
}
