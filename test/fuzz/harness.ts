/** What all fuzz tests share: seeded samples, and the longest time for which the event loop stood still meanwhile. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { inParallel } from '../support/until.ts'

/** Full counts are at least 20,000 in all. */
export const isFull = process.env['WEIR_PROVE'] === '1'

const seed = Number(process.env['WEIR_FUZZ_SEED'] ?? 20_260)

/** A stack, a place in the sources: never in an answer. */
export const innards = /\n\s+at |node:internal|\.ts:\d/

const group = 20
const stall = createStallMeter()

/** Of all that ran through `fuzz` in this file, in milliseconds of the thread's CPU. */
export function longestStallMs(): number {
  return Math.round(stall.longestMs)
}

/** Samples in small groups, so that making them is no stall of its own, and runs each. */
export async function fuzz<Case>(
  arbitrary: fc.Arbitrary<Case>,
  count: number,
  width: number,
  faultOf: (each: Case, n: number) => Promise<string | undefined>,
): Promise<void> {
  const broken: string[] = []
  for (let n = 0; n < count && broken.length < 10; n += group) {
    const cases = fc.sample(arbitrary, { numRuns: Math.min(group, count - n), seed: seed + n })
    stall.resume()
    await inParallel([...cases.entries()], width, async ([at, each]) => {
      const fault = await faultOf(each, n + at).catch((error: unknown) => `threw ${String(error)}`)
      if (fault !== undefined) broken.push(`case ${n + at}: ${fault}`)
    })
    stall.pause()
  }
  assert.deepEqual(broken, [])
}

const lookMs = 10

/**
 * CPU that this thread has used from one turn of a short timer to the next: what a turn of the event loop took. By the
 * clock, a machine that is busy with others would stall too.
 */
function createStallMeter() {
  let timer: NodeJS.Timeout | undefined
  let usedMs = 0
  const cpuMs = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  const meter = {
    longestMs: 0,
    resume() {
      usedMs = cpuMs()
      timer = setInterval(look, lookMs)
    },
    pause() {
      look()
      clearInterval(timer)
    },
  }
  const look = () => {
    const nowMs = cpuMs()
    meter.longestMs = Math.max(meter.longestMs, nowMs - usedMs)
    usedMs = nowMs
  }
  return meter
}
