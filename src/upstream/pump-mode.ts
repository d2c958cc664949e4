/** Decides how the bytes of a streamed answer reach the client. */

import type { Dialect } from '../dialects/dialect.ts'
import { jsonArrayFraming, type StreamFraming } from '../framing/stream-framing.ts'
import type { Target } from '../providers/provider.ts'

/**
 * `bytes`: untouched, the decoder runs beside them. `frames`: untouched frames, but a frame may be left out or added.
 * `translate`: the events are encoded in the client's dialect.
 */
export type PumpMode = 'bytes' | 'frames' | 'translate'

/** What the client is to get. */
interface Wanted {
  readonly client: Dialect
  readonly framing: StreamFraming
}

/** As little as will do, where nothing but the two dialects has a say. `source` is the provider's. */
export function pumpMode(
  { client, framing }: Wanted,
  source: Dialect,
  target: Target,
  withholdsUsage: boolean,
): PumpMode {
  const { eventPatch, spec } = target.provider
  if (source.id !== client.id || eventPatch || spec.deviates) return 'translate'
  const mustSeeFrames = withholdsUsage || client.terminator !== undefined || framing === jsonArrayFraming
  return mustSeeFrames ? 'frames' : 'bytes'
}
