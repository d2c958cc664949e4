/** What has just been done and can be taken back, on its way to where that is offered. */

import { createContext, use } from 'react'

export interface Done {
  /** Such as "Acknowledged." */
  readonly text: string
  /** Takes it back. Rejects with ApiError. */
  undo(): Promise<unknown>
}

export const UndoContext = createContext<(done: Done) => void>(() => undefined)

/** Offers to take it back; what was offered before is not any more. */
export function useUndo(): (done: Done) => void {
  return use(UndoContext)
}
