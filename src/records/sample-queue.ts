/** Works on samples of the traffic behind the callers' backs: a few at a time, and what finds no room is left out. */

/** At once. */
const maxOpen = 4
/** What comes while so many wait is left out: a sample of the sample. */
const maxWaiting = 100

export class SampleQueue<Item> {
  readonly #work: (item: Item, signal: AbortSignal) => Promise<void>
  readonly #onError: (cause: unknown) => void
  readonly #waiting: Item[] = []
  readonly #ending = new AbortController()
  #open = 0
  #idle: (() => void) | undefined

  /** The signal is raised at the end. */
  constructor(work: (item: Item, signal: AbortSignal) => Promise<void>, onError: (cause: unknown) => void) {
    this.#work = work
    this.#onError = onError
  }

  add(item: Item): void {
    if (this.#waiting.length < maxWaiting) this.#waiting.push(item)
    this.#next()
  }

  /** Gives up what is under way, and waits until it has ended. */
  async close(): Promise<void> {
    this.#waiting.length = 0
    this.#ending.abort()
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  #next(): void {
    while (this.#open < maxOpen && !this.#ending.signal.aborted) {
      const item = this.#waiting.shift()
      if (item === undefined) return
      this.#open++
      void this.#work(item, this.#ending.signal)
        .catch(this.#onError)
        .finally(() => {
          this.#open--
          this.#next()
          if (this.#open === 0) this.#idle?.()
        })
    }
  }
}
