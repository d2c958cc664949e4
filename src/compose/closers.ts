/** What a running gateway holds open, closed in the reverse order of its opening. */

export class Closers {
  readonly #closers: (() => void | Promise<void>)[] = []

  /** What is added later is closed earlier. */
  add(close: () => void | Promise<void>): void {
    this.#closers.unshift(close)
  }

  /** Closes all of them, also where one fails. Rejects with that failure, or with an AggregateError of several. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers) {
      try {
        await close()
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, 'several parts could not be closed')
  }
}
