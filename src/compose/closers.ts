/** What a running gateway holds open, closed in the reverse order of its opening. */

export class Closers {
  readonly #closers: (() => void | Promise<void>)[] = []

  /** What is added later is closed earlier. */
  add(close: () => void | Promise<void>): void {
    this.#closers.unshift(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close()
  }
}
