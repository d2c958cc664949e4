/** Reads a multipart form as its bytes come, without holding any part of it (RFC 7578). */

import { malformed, type PartHead, readPartHead } from './multipart.ts'

export type FormEvent =
  | { readonly type: 'part'; readonly head: PartHead }
  | { readonly type: 'data'; readonly bytes: Buffer }
  | { readonly type: 'part-end' }

const maxParts = 100
const maxPartHeadBytes = 8192

type State = 'start' | 'delimiter' | 'head' | 'data' | 'over'

/** Throws `invalid_request` for a form that two readers could understand in two ways. */
export class FormReader {
  readonly #delimiter: Buffer
  #state: State = 'start'
  #rest: Buffer = Buffer.alloc(0)
  #parts = 0

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  push(chunk: Uint8Array): FormEvent[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    const events: FormEvent[] = []
    while (this.#step(events));
    return events
  }

  /** The form has ended: throws where it was not whole. */
  end(): void {
    if (this.#state !== 'over') throw malformed('ends before its last boundary')
    // The last line end is often left out.
    if (!['', '\r\n'].includes(this.#rest.toString('latin1'))) throw malformed('goes on after its end')
  }

  /** False where more bytes are needed. */
  #step(events: FormEvent[]): boolean {
    switch (this.#state) {
      case 'start':
        return this.#start()
      case 'delimiter':
        return this.#afterDelimiter()
      case 'head':
        return this.#head(events)
      case 'data':
        return this.#data(events)
      case 'over':
        if (this.#rest.length > 2) throw malformed('goes on after its end')
        return false
    }
  }

  #start(): boolean {
    const first = this.#delimiter.subarray(2)
    if (this.#rest.length < first.length) return false
    if (!this.#rest.subarray(0, first.length).equals(first))
      throw malformed('does not begin with its boundary')
    return this.#goOn('delimiter', first.length)
  }

  #afterDelimiter(): boolean {
    if (this.#rest.length < 2) return false
    const next = this.#rest.toString('latin1', 0, 2)
    if (next === '--') return this.#goOn('over', 2)
    if (next !== '\r\n') throw malformed('has a broken boundary')
    if (++this.#parts > maxParts) throw malformed('has too many parts')
    return this.#goOn('head', 2)
  }

  #head(events: FormEvent[]): boolean {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end > maxPartHeadBytes || (end < 0 && this.#rest.length > maxPartHeadBytes)) {
      throw malformed('has a part without a head')
    }
    if (end < 0) return false
    events.push({ type: 'part', head: readPartHead(this.#rest.toString('latin1', 0, end)) })
    return this.#goOn('data', end + 4)
  }

  #data(events: FormEvent[]): boolean {
    const end = this.#rest.indexOf(this.#delimiter)
    // What may be the beginning of the delimiter is kept.
    const known = end < 0 ? this.#rest.length - this.#delimiter.length + 1 : end
    if (known > 0) events.push({ type: 'data', bytes: this.#rest.subarray(0, known) })
    if (end < 0) {
      if (known > 0) this.#rest = this.#rest.subarray(known)
      return false
    }
    events.push({ type: 'part-end' })
    return this.#goOn('delimiter', end + this.#delimiter.length)
  }

  #goOn(state: State, bytes: number): true {
    this.#state = state
    this.#rest = this.#rest.subarray(bytes)
    return true
  }
}
