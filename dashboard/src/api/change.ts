/** Changes something by the admin API, and asks anew for what that has made stale, or has turned out to be. */

import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query'
import { ApiError } from './client.ts'
import { useUndo } from './undo.ts'

interface ChangeParts<Given, Done> {
  change(given: Given): Promise<Done>
  /** The first parts of the keys of what is asked anew. */
  readonly stale: readonly string[]
  /** Of what needs no confirmation: what is said of it, and how it is taken back, as things stood when it was begun. */
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
    // Live events may tell of the change before its answer comes: the way back would lead to it by then.
    onMutate: () => undo,
    async onSuccess(done, _given, before) {
      await askAnew()
      if (before) offer({ text: before.text, undo: () => before.change(done).then(askAnew) })
      onDone?.(done)
    },
    async onError(error) {
      if (error instanceof ApiError && error.status === 409) await askAnew()
    },
  })
}
