/** What the requests of a route came to in a day, and each of its targets, as the page of the route asks for it. */

import { useQuery } from '@tanstack/react-query'
import { ask, type Reply } from '../api/client.ts'
import { exactly } from '../api/filter-text.ts'
import { useMay } from '../session/me.ts'

/** Undefined while they are not known, or are not told. */
export function useRouteSums(route: string): Reply<'GET /requests/summary'> | undefined {
  const may = useMay('GET /requests/summary')
  const { data } = useQuery({
    queryKey: ['requests-summary', 'route', route],
    queryFn: ({ signal }) =>
      ask('GET /requests/summary', { query: { route: exactly(route), by: 'target' }, signal }),
    refetchInterval: 30_000,
    enabled: may,
  })
  return data
}
