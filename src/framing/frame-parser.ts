/** The parser of each framing. */

import { AwsEventStreamParser } from './aws-event-stream.ts'
import type { FrameParser, FramingName } from './frame.ts'
import { NdjsonParser } from './ndjson.ts'
import { SseParser } from './sse.ts'

/** A parser for one stream in the named framing. */
export function createFrameParser(framing: FramingName): FrameParser {
  switch (framing) {
    case 'sse':
      return new SseParser()
    case 'aws-event-stream':
      return new AwsEventStreamParser()
    case 'ndjson':
      return new NdjsonParser()
  }
}
