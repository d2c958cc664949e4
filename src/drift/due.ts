/** When the next run of a golden set starts: its slot, and the jitter that keeps sets of one schedule apart. */

import { createHash } from 'node:crypto'
import { nextSlotMs, quietOf, slotsAfter } from './cron.ts'
import type { GoldenSet } from './golden.ts'

/** What of a set decides when it runs. */
export type Timed = Pick<GoldenSet, 'name' | 'timezone' | 'jitterMs' | 'quiet' | 'schedule'>

/** How much later than its slot a run starts: the same on every instance and after a restart, another for every slot. */
export function jitterMs({ name, jitterMs: most }: Timed, slotMs: number): number {
  const digest = createHash('sha256').update(`${name} ${slotMs}`).digest()
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * most)
}

/** When the run of the first slot after this time is due, quiet or not; Infinity for never. */
export function dueMs(set: Timed, afterMs: number): number {
  if (set.schedule === undefined) return Infinity
  const slotMs = nextSlotMs(set.schedule, set.timezone, afterMs)
  return slotMs === undefined ? Infinity : slotMs + jitterMs(set, slotMs)
}

/** So many slots in quiet hours are passed over to find the next run: a day of minutes. */
const maxQuietSlots = 1_440

/** When the next run starts, whose slot is not in quiet hours; undefined for never. */
export function nextRunMs(set: Timed, afterMs: number): number | undefined {
  const { schedule, timezone, quiet } = set
  if (schedule === undefined) return undefined
  const isQuiet = quietOf(quiet, timezone)
  const slotMs = slotsAfter(schedule, timezone, afterMs)
    .take(maxQuietSlots)
    .find((each) => !isQuiet(each))
  return slotMs === undefined ? undefined : slotMs + jitterMs(set, slotMs)
}
