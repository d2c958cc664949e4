/** One frame of a streamed answer, whatever carried it. */

export interface Frame {
  /** The server-sent event's name, or the type of an AWS message; absent where the protocol names none. */
  readonly event?: string
  readonly data: string
}

/** How a provider's bytes are cut into frames. */
export type FramingName = 'sse' | 'aws-event-stream' | 'ndjson'

/** An incremental parser of one stream. */
export interface FrameParser {
  /** True when the input, if it ended here, would end within a frame, which is then lost. */
  readonly hasPartial: boolean
  /** The frames that `chunk` completes. Throws GatewayError `upstream_protocol` on bytes that cannot be read. */
  push(chunk: Uint8Array): readonly Frame[]
  /** The frames that the end of the input completes. */
  end(): readonly Frame[]
}
