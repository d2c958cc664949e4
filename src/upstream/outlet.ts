/** The client's end of an answer, as the pump sees it. */

export interface Outlet {
  /** The client has closed its connection: whatever is written goes nowhere. */
  readonly isGone: boolean
  /** Sends status and headers: from here on the answer cannot move to another target. Once. */
  begin(status: number, headers: Readonly<Record<string, string>>): void
  /** False asks the writer to wait for `onDrain`. */
  write(chunk: string | Buffer): boolean
  end(): void
  /** A whole answer at once, instead of `begin`, `write` and `end`. */
  send(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void
  /** Cuts the connection, so that the client cannot take what it has for a whole answer. */
  destroy(): void
  onDrain(listener: () => void): void
}
