/** The connection that live events come by, tried again for as long as it is wanted. */

import type { Item } from './client.ts'

export type RequestRow = Item<'GET /requests'>

export type LiveEvent =
  | { readonly type: 'request'; readonly request: RequestRow }
  /** So many more came than were told. */
  | { readonly type: 'left'; readonly requests: number }
  | { readonly type: 'alert' | 'health' | 'budget' | 'batch' }

export type SourceState = 'connecting' | 'live' | 'lost'

/** Since when a connection is lost, and when it is tried again; Unix milliseconds. */
export interface Loss {
  readonly sinceMs: number
  readonly retryAtMs: number
}

interface Listeners {
  onState(state: SourceState, loss: Loss | undefined): void
  onEvent(event: LiveEvent): void
}

const firstRetryMs = 1_000
const maxRetryMs = 30_000
/** So much of the wait is left to chance: not all dashboards come back at once. */
const jitter = 0.3

export class LiveSource {
  state: SourceState = 'connecting'
  loss: Loss | undefined
  readonly #listeners: Listeners
  #source: EventSource | undefined
  #timer: number | undefined
  #retryMs = firstRetryMs

  constructor(listeners: Listeners) {
    this.#listeners = listeners
    this.#connect()
  }

  /** Does not wait for the next try. */
  retry(): void {
    if (this.state !== 'lost') return
    this.close()
    this.#connect()
  }

  close(): void {
    window.clearTimeout(this.#timer)
    this.#source?.close()
  }

  #connect(): void {
    const source = new EventSource('/admin/v1/events')
    this.#source = source
    source.addEventListener('open', () => {
      this.#retryMs = firstRetryMs
      this.loss = undefined
      this.#setState('live')
    })
    source.addEventListener('error', () => {
      // The browser's own retry gives up for good after an HTTP error, such as that of a gateway that starts.
      source.close()
      const waitMs = this.#retryMs * (1 - jitter + 2 * jitter * Math.random())
      const nowMs = Date.now()
      this.loss = { sinceMs: this.loss?.sinceMs ?? nowMs, retryAtMs: nowMs + waitMs }
      this.#setState('lost')
      this.#timer = window.setTimeout(() => this.#connect(), waitMs)
      this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs)
    })
    source.addEventListener('request', (event: MessageEvent<string>) =>
      this.#listeners.onEvent({ type: 'request', request: JSON.parse(event.data) as RequestRow }),
    )
    source.addEventListener('left', (event: MessageEvent<string>) =>
      this.#listeners.onEvent({ type: 'left', ...(JSON.parse(event.data) as { requests: number }) }),
    )
    for (const type of ['alert', 'health', 'budget', 'batch'] as const) {
      source.addEventListener(type, () => this.#listeners.onEvent({ type }))
    }
  }

  #setState(state: SourceState): void {
    this.state = state
    this.#listeners.onState(state, this.loss)
  }
}
