import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startPruning } from './pruning.ts'

function started(t: TestContext, steps: readonly (number | Error)[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const left = [...steps]
  const faults: unknown[] = []
  const pruning = startPruning({
    async step() {
      const next = left.shift()!
      if (next instanceof Error) throw next
      return next
    },
    onError: (cause) => faults.push(cause),
  })
  const after = async (ms: number): Promise<number> => {
    t.mock.timers.tick(ms)
    await new Promise(setImmediate)
    return steps.length - left.length
  }
  return { pruning, faults, after }
}

test('step follows step while there is more, then a look each minute', async (t) => {
  const { after, pruning } = started(t, [100, 7, 0, 0])
  assert.equal(await after(59_999), 0)
  assert.equal(await after(1), 1)
  assert.equal(await after(25), 2)
  assert.equal(await after(25), 3)
  assert.equal(await after(59_999), 3)
  assert.equal(await after(1), 4)
  await pruning.stop()
})

test('a step that fails is told, and the next look comes; none comes after the end', async (t) => {
  const cause = new Error('down')
  const { after, faults, pruning } = started(t, [cause, 1, 0])
  assert.equal(await after(60_000), 1)
  assert.deepEqual(faults, [cause])
  assert.equal(await after(60_000), 2)
  await pruning.stop()
  assert.equal(await after(600_000), 2)
})

test('an end waits for the step that is under way, and nothing follows it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { promise, resolve } = Promise.withResolvers<number>()
  let steps = 0
  const pruning = startPruning({ step: () => (steps++, promise), onError: assert.fail, firstAfterMs: 5 })
  t.mock.timers.tick(5)
  let hasStopped = false
  const stopped = pruning.stop().then(() => (hasStopped = true))
  await new Promise(setImmediate)
  assert.equal(hasStopped, false)
  resolve(1)
  await stopped
  t.mock.timers.tick(600_000)
  assert.equal(steps, 1)
})
