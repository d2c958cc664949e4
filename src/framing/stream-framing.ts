/** How a stream's frames are written to a client: as server-sent events, or as one JSON array. */

import type { Frame } from './frame.ts'
import { encodeSse } from './sse.ts'

export interface StreamFraming {
  readonly contentType: string
  /** Readers of this form skip comments. */
  readonly hasComments: boolean
  /** A writer for one answer; it may keep state between frames. */
  writer(): FrameWriter
}

export interface FrameWriter {
  text(frame: Frame): string
  /** What readers of the stream skip; empty where its form has no such thing. The text is one line. */
  comment(text: string): string
  /** What closes the stream after its last frame. */
  close(): string
}

const sseWriter: FrameWriter = {
  text: encodeSse,
  comment: (text) => `: ${text}\n\n`,
  close: () => '',
}

export const sseFraming: StreamFraming = {
  contentType: 'text/event-stream; charset=utf-8',
  hasComments: true,
  writer: () => sseWriter,
}

/** Google's default for `streamGenerateContent` without `alt=sse`: an array that grows, one element a frame. */
export const jsonArrayFraming: StreamFraming = {
  contentType: 'application/json; charset=utf-8',
  hasComments: false,
  writer() {
    let isFirst = true
    return {
      text(frame) {
        const separator = isFirst ? '[' : ',\r\n'
        isFirst = false
        return separator + frame.data
      },
      comment: () => '',
      close: () => (isFirst ? '[]' : ']'),
    }
  },
}
