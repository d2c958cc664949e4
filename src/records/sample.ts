/** A request with its content, for the parts that look at a share of the traffic. It is handed on, and kept by none. */

import type { GenRequest } from '../core/request.ts'
import type { RequestRecord } from './record.ts'

export interface LiveSample {
  readonly record: RequestRecord
  /** As the client sent it. */
  readonly asked: GenRequest
  /** With what its route adds. */
  readonly request: GenRequest
  /** Evenly drawn from 0 to 1: whoever wants a share takes what is below it. */
  readonly draw: number
  /** The beginning of what was answered. */
  readonly text: string
}
