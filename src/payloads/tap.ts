/** What the request path sees of payloads: whether it wants one, and where to put it. */

import type { WantsPayload } from './choice.ts'
import type { PayloadContent, PayloadHead } from './port.ts'

export interface PayloadTap {
  /** Undefined where nothing is recorded: then nothing is done. */
  readonly wants: WantsPayload | undefined
  /** No I/O, constant time, never throws. */
  record(head: PayloadHead, content: PayloadContent): void
}
