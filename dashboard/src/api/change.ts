/** Changes something by the admin API, and asks anew for what that has made stale. */

import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query'

interface ChangeParts<Given, Done> {
  change(given: Given): Promise<Done>
  /** The first parts of the keys of what is asked anew. */
  readonly stale: readonly string[]
  /** Called when all of that is there. */
  onDone?(done: Done): void
}

export function useChange<Given = void, Done = unknown>({
  change,
  stale,
  onDone,
}: ChangeParts<Given, Done>): UseMutationResult<Done, Error, Given> {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    async onSuccess(done) {
      await Promise.all(stale.map((name) => queries.invalidateQueries({ queryKey: [name] })))
      onDone?.(done)
    },
  })
}
