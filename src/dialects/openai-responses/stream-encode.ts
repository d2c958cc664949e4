/** Frames the events of a response's stream. */

import type { GenEvent } from '../../core/event.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { EncodeContext, Machine } from '../dialect.ts'
import { ResponseWriter } from './response-write.ts'

export class ResponseEncoder implements Machine<GenEvent, Frame> {
  readonly #writer: ResponseWriter

  constructor(context: EncodeContext) {
    this.#writer = new ResponseWriter(context)
  }

  push(event: GenEvent): readonly Frame[] {
    return this.#writer.push(event).map(toFrame)
  }

  end(): readonly Frame[] {
    return this.#writer.end().map(toFrame)
  }
}

function toFrame(event: JsonObject): Frame {
  return { event: event['type'] as string, data: JSON.stringify(event) }
}
