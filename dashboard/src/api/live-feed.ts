/**
 * The gateway's live events, told at most four times a second. Of all tabs that are seen one holds the connection and
 * tells the others: a browser has six to a host, and ten tabs would leave none for anything else.
 */

import { type LiveEvent, LiveSource, type Loss, type SourceState } from './live-source.ts'

export type { LiveEvent, Loss, RequestRow } from './live-source.ts'

/** `paused`: the tab is hidden, or somebody holds the page. `lost`: it is being tried again. */
export type FeedState = SourceState | 'paused'

/** Between tabs. `who`: a tab that is new here asks how it stands. */
type Word =
  | { readonly say: 'event'; readonly event: LiveEvent }
  | { readonly say: 'state'; readonly state: SourceState; readonly loss?: Loss | undefined }
  | { readonly say: 'who' }
  | { readonly say: 'retry' }

const name = 'weir-live-feed'
/** The gateway gathers for a quarter of a second; what is told one by one within that is applied at once. */
const flushMs = 30

export class LiveFeed {
  state: FeedState = 'connecting'
  /** While the connection is lost. */
  loss: Loss | undefined
  readonly #stateListeners = new Set<() => void>()
  readonly #takers = new Set<(events: readonly LiveEvent[]) => void>()
  #pending: LiveEvent[] = []
  #channel: BroadcastChannel | undefined
  #source: LiveSource | undefined
  /** Ends the wait for the lock, or the holding of it. */
  #release: (() => void) | undefined
  #isHeld = false
  /** Undefined while nobody has opened it. */
  #follow: (() => void) | undefined

  readonly onState = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  readonly onEvents = (take: (events: readonly LiveEvent[]) => void): (() => void) => {
    this.#takers.add(take)
    return () => this.#takers.delete(take)
  }

  /** Tries a lost connection again now, in whichever tab it is. */
  readonly retry = (): void => {
    this.#source?.retry()
    this.#channel?.postMessage({ say: 'retry' } satisfies Word)
  }

  /** Holds what is seen as it is, or goes on and catches up; gives whether it is held now. */
  readonly toggle = (): boolean => {
    this.#isHeld = !this.#isHeld
    this.#follow?.()
    return this.#isHeld
  }

  /** Follows while the tab is seen. `onResume` is called when events may have been missed. Gives the end. */
  open(onResume: () => void): () => void {
    let hasBeenLive = false
    const onLive = () => {
      if (hasBeenLive) onResume()
      hasBeenLive = true
    }
    const follow = () => {
      if (document.visibilityState === 'visible' && !this.#isHeld) this.#join(onLive)
      else this.#leave('paused')
    }
    this.#follow = follow
    document.addEventListener('visibilitychange', follow)
    follow()
    return () => {
      this.#follow = undefined
      document.removeEventListener('visibilitychange', follow)
      this.#leave('connecting')
    }
  }

  #join(onLive: () => void): void {
    if (this.#channel) return
    const channel = new BroadcastChannel(name)
    this.#channel = channel
    channel.addEventListener('message', ({ data }: MessageEvent<Word>) => {
      if (data.say === 'event') this.#push(data.event)
      else if (data.say === 'state') this.#setState(data, onLive)
      else if (data.say === 'retry') this.#source?.retry()
      else if (this.#source) {
        const { state, loss } = this.#source
        channel.postMessage({ say: 'state', state, loss } satisfies Word)
      }
    })
    channel.postMessage({ say: 'who' } satisfies Word)
    this.#waitToLead(() => this.#lead(channel, onLive))
  }

  /** Calls `lead` when no other tab does. */
  #waitToLead(lead: () => void): void {
    const held = Promise.withResolvers<void>()
    const waiting = new AbortController()
    this.#release = () => {
      waiting.abort()
      held.resolve()
    }
    // There are no locks on a page that came by plain HTTP from another machine.
    if (!('locks' in navigator)) return lead()
    void navigator.locks
      .request(name, { signal: waiting.signal }, () => {
        if (!waiting.signal.aborted) lead()
        return held.promise
      })
      .catch(() => undefined) // the tab was hidden before its turn
  }

  #lead(channel: BroadcastChannel, onLive: () => void): void {
    const tell = (state: SourceState, loss?: Loss) => {
      this.#setState({ state, loss }, onLive)
      channel.postMessage({ say: 'state', state, loss } satisfies Word)
    }
    // What happens until the connection stands is told to no tab: each has to catch up then.
    tell('connecting')
    this.#source = new LiveSource({
      onState: tell,
      onEvent: (event) => {
        this.#push(event)
        channel.postMessage({ say: 'event', event } satisfies Word)
      },
    })
  }

  #leave(state: 'connecting' | 'paused'): void {
    this.#source?.close()
    this.#source = undefined
    this.#channel?.close()
    this.#channel = undefined
    this.#release?.()
    this.#release = undefined
    this.#setState({ state })
  }

  #setState(
    { state, loss }: { readonly state: FeedState; readonly loss?: Loss | undefined },
    onLive?: () => void,
  ): void {
    if (this.state === state && this.loss === loss) return
    this.state = state
    this.loss = loss
    for (const listener of this.#stateListeners) listener()
    if (state === 'live') onLive?.()
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
