/** Finds its way among the frames of an answer: for faults that strike at a place of it. */

import type { SimFrame } from './wire.ts'

/** The place of the frame that says why the answer ended; behind all where there is none. */
export function beforeFinish(frames: readonly SimFrame[]): number {
  const at = frames.findIndex((frame) => frame.role === 'finish')
  return at < 0 ? frames.length : at
}

/** The place of the `k`-th delta, counted from 1; the last one where there are fewer. */
export function deltaAt(frames: readonly SimFrame[], k: number): number {
  let last = -1
  let seen = 0
  for (const [at, frame] of frames.entries()) {
    if (frame.role !== 'delta' && frame.role !== 'whole') continue
    last = at
    if (++seen >= k) break
  }
  return last
}

export function textOfFrame({ value }: SimFrame): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
