/** The rate of a provider holds over restarts too: what was sent before is counted again. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTestClock } from '../../test/support/access.ts'
import type { Config } from '../config/load.ts'
import { Interrupt } from '../core/interrupt.ts'
import type { PastCall } from '../ledger/port.ts'
import { createMemoryCounters } from '../limits/memory-counters.ts'
import { createLimits } from './limits.ts'

const rpm = 60
const config = {
  limits: [{ scope: 'provider', match: 'openai', rpm }],
  providers: {},
} as unknown as Config

/** A gateway that asks as often as it may, and is started again on the ledger of the one before. */
function open() {
  const clock = createTestClock()
  const sent: PastCall[] = []
  const start = () => {
    const limits = createLimits(() => config, createMemoryCounters(clock))
    limits.recall((limit, sinceMs) => sent.filter(({ atMs }) => atMs >= sinceMs).slice(-limit), clock.nowMs())
    return limits
  }
  let limits = start()
  return {
    clock,
    sent,
    restart: () => void (limits = start()),
    async ask(): Promise<boolean> {
      const call = { provider: 'openai', model: 'm', atMs: clock.nowMs(), tokens: 1 }
      const wish = { priority: 'batch', interrupt: new Interrupt(), expectedTokens: () => 1 } as const
      try {
        const release = await limits.targets.acquire({ ...call, ...wish })
        release(1)
      } catch {
        return false
      }
      sent.push(call)
      return true
    },
  }
}

test('one that starts anew again and again never sends more than its rate', async () => {
  const step = fc.record({
    pauseMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 90_000 })),
    calls: fc.integer({ min: 0, max: 80 }),
    isStart: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      const gateway = open()
      for (const { pauseMs, calls, isStart } of steps) {
        gateway.clock.advance(pauseMs)
        if (isStart) gateway.restart()
        for (let n = 0; n < calls && (await gateway.ask()); n++);
      }
      const times = gateway.sent.map(({ atMs }) => atMs)
      for (let from = 0; from < times.length; from++) {
        for (let to = from; to < times.length; to++) {
          const most = rpm * (1 + (times[to]! - times[from]!) / 60_000)
          assert.ok(to - from + 1 <= most + 1e-6, `${to - from + 1} calls where ${most} may be`)
        }
      }
    }),
    { numRuns: process.env['WEIR_PROVE'] ? 2_000 : 100 },
  )
})

test('one that was at its rate all the time goes on at it, and one that had rested may go at once', async () => {
  const { clock, ask, restart } = open()
  const askAll = async () => {
    let answered = 0
    while (await ask()) answered++
    return answered
  }
  assert.equal(await askAll(), rpm)
  for (let second = 0; second < 180; second++) {
    clock.advance(1_000)
    assert.equal(await askAll(), 1)
  }
  restart()
  assert.equal(await askAll(), 0)
  clock.advance(60_000)
  restart()
  assert.equal(await askAll(), rpm)
  clock.advance(30_000)
  restart()
  assert.equal(await askAll(), rpm / 2)
})
