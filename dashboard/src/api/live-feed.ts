/** The gateway's live events: one connection while the tab is seen, with what came told at most four times a second. */

import type { Item } from './client.ts'

export type RequestRow = Item<'GET /requests'>

export type LiveEvent =
  | { readonly type: 'request'; readonly request: RequestRow }
  | { readonly type: 'alert' | 'health' | 'budget' | 'batch' }

/** `paused`: the tab is hidden. `lost`: it is being tried again. */
export type FeedState = 'connecting' | 'live' | 'paused' | 'lost'

const flushMs = 250
const firstRetryMs = 1_000
const maxRetryMs = 30_000

export class LiveFeed {
  state: FeedState = 'connecting'
  readonly #stateListeners = new Set<() => void>()
  readonly #takers = new Set<(events: readonly LiveEvent[]) => void>()
  #pending: LiveEvent[] = []
  #retryTimer: number | undefined
  #retryMs = firstRetryMs
  #source: EventSource | undefined

  readonly onState = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  readonly onEvents = (take: (events: readonly LiveEvent[]) => void): (() => void) => {
    this.#takers.add(take)
    return () => this.#takers.delete(take)
  }

  /** Connects, and stays so while the tab is seen. `onResume` is called when events may have been missed. Gives the end. */
  open(onResume: () => void): () => void {
    let hasBeenLive = false
    const onLive = () => {
      if (hasBeenLive) onResume()
      hasBeenLive = true
    }
    const followVisibility = () => {
      if (document.visibilityState === 'visible') this.#connect(onLive)
      else this.#disconnect('paused')
    }
    document.addEventListener('visibilitychange', followVisibility)
    followVisibility()
    return () => {
      document.removeEventListener('visibilitychange', followVisibility)
      this.#disconnect('connecting')
    }
  }

  #connect(onLive: () => void): void {
    if (this.#source) return
    const source = new EventSource('/admin/v1/events')
    this.#source = source
    source.addEventListener('open', () => {
      this.#retryMs = firstRetryMs
      this.#setState('live')
      onLive()
    })
    source.addEventListener('error', () => {
      // The browser's own retry gives up for good after an HTTP error, such as that of a gateway that starts.
      this.#disconnect('lost')
      this.#retryTimer = window.setTimeout(() => this.#connect(onLive), this.#retryMs)
      this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs)
    })
    source.addEventListener('request', (event: MessageEvent<string>) =>
      this.#push({ type: 'request', request: JSON.parse(event.data) as RequestRow }),
    )
    for (const type of ['alert', 'health', 'budget', 'batch'] as const) {
      source.addEventListener(type, () => this.#push({ type }))
    }
  }

  #disconnect(state: FeedState): void {
    window.clearTimeout(this.#retryTimer)
    this.#source?.close()
    this.#source = undefined
    this.#setState(state)
  }

  #setState(state: FeedState): void {
    if (this.state === state) return
    this.state = state
    for (const listener of this.#stateListeners) listener()
  }

  #push(event: LiveEvent): void {
    if (this.#pending.length === 0) window.setTimeout(() => this.#flush(), flushMs)
    this.#pending.push(event)
  }

  #flush(): void {
    const events = this.#pending
    this.#pending = []
    for (const take of this.#takers) take(events)
  }
}
