/** One frame of a streamed answer, whatever carried it. */

export interface Frame {
  /** The server-sent event's name; absent where the protocol names none. */
  readonly event?: string
  readonly data: string
}
