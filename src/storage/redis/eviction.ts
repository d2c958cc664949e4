/** Whether a Redis drops keys of its own accord when its memory is full. */

import type { Redis } from './connect.ts'
import { inTime } from './in-time.ts'

const patientMs = 2_000

/** Kept answers may go; of counters, what has been spent would be forgotten. Rejects where there is no answer. */
export async function mayEvict(redis: Redis): Promise<boolean> {
  const told = await inTime(redis.text.info('memory'), patientMs)
  return /^maxmemory:[1-9]/m.test(told) && !/^maxmemory_policy:noeviction/m.test(told)
}
