/** Changes something by the admin API, and asks anew for what that has made stale, or has turned out to be. */

import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query'
import { ApiError } from './client.ts'
import { useUndo } from './undo.ts'

interface ChangeParts<Given, Done> {
  change(given: Given): Promise<Done>
  /** The first parts of the keys of what is asked anew. */
  readonly stale: readonly string[]
  /** Of what needs no confirmation: what is said of it, and how it is taken back. */
  readonly undo?: { readonly text: string; change(done: Done): Promise<unknown> }
  /** Called when all of that is there. */
  onDone?(done: Done): void
}

export function useChange<Given = void, Done = unknown>({
  change,
  stale,
  undo,
  onDone,
}: ChangeParts<Given, Done>): UseMutationResult<Done, Error, Given> {
  const queries = useQueryClient()
  const offer = useUndo()
  const askAnew = () => Promise.all(stale.map((name) => queries.invalidateQueries({ queryKey: [name] })))
  return useMutation({
    mutationFn: change,
    async onSuccess(done) {
      await askAnew()
      if (undo) offer({ text: undo.text, undo: () => undo.change(done).then(askAnew) })
      onDone?.(done)
    },
    async onError(error) {
      if (error instanceof ApiError && error.status === 409) await askAnew()
    },
  })
}
