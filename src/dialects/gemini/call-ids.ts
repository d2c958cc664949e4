/** Gives each call of a Gemini conversation an id, and each result the id of its call. */

import { derivedCallId } from './wire.ts'

/**
 * Feed it calls and results in order. Where the wire has no ids, a result answers the oldest open call of its
 * name, which is how Gemini itself pairs them.
 */
export class CallIds {
  readonly #open = new Map<string, string[]>()
  #count = 0

  ofCall(name: string, id: string | undefined): string {
    const callId = id === undefined || id === '' ? derivedCallId('turn', this.#count) : id
    this.#count++
    const open = this.#open.get(name)
    if (open) open.push(callId)
    else this.#open.set(name, [callId])
    return callId
  }

  ofResult(name: string, id: string | undefined): string {
    const open = this.#open.get(name) ?? []
    if (id !== undefined && id !== '') {
      const at = open.indexOf(id)
      if (at >= 0) open.splice(at, 1)
      return id
    }
    return open.shift() ?? derivedCallId('result', this.#count++)
  }
}
