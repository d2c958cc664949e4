/** Gives each call of a Gemini conversation an id, and each result the id of its call. */

import { derivedCallId } from './wire.ts'

/**
 * Feed it calls and results in order. Where the wire has no ids, a result answers the oldest open call of its
 * name, which is how Gemini itself pairs them.
 */
export class CallIds {
  /** The ids of the calls without a result, oldest first, by the name of their tool. */
  readonly #open = new Map<string, Set<string>>()
  #count = 0

  ofCall(name: string, id: string | undefined): string {
    const callId = id === undefined || id === '' ? derivedCallId('turn', this.#count) : id
    this.#count++
    const open = this.#open.get(name)
    if (open) open.add(callId)
    else this.#open.set(name, new Set([callId]))
    return callId
  }

  ofResult(name: string, id: string | undefined): string {
    const open = this.#open.get(name)
    const [oldest] = open ?? []
    const callId = (id === '' ? undefined : id) ?? oldest ?? derivedCallId('result', this.#count++)
    open?.delete(callId)
    return callId
  }
}
