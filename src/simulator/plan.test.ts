import assert from 'node:assert/strict'
import test from 'node:test'
import { readScript } from './fault-spec.ts'
import { type Step, stepsOf } from './plan.ts'
import { planGeneration } from './respond.ts'
import { routeOf } from './route.ts'

/** The steps of a model name, made without a socket: pauses as numbers, the rest by their kind. */
function outline(name: string, isStream: boolean, latency = { firstMs: 0, gapMs: 0 }): (number | string)[] {
  const target = '/openai/v1/chat/completions'
  const route = routeOf('POST', target)
  const body = { model: name, stream: isStream, messages: [{ role: 'user', content: 'one two three' }] }
  const request = { method: 'POST', target, headers: {}, body: Buffer.alloc(0), keepsAlive: true }
  const prompt = route.operation.wire.read(body)
  const call = { request, route, body, model: name, isStream, prompt, n: 1, nowMs: 0 }
  const script = readScript(name)
  assert.ok(typeof script !== 'string')
  const { plan } = planGeneration(call, script, script.faults, latency)
  const word = (step: Step) => (step.do === 'wait' ? step.ms : step.do === 'end' ? step.how : step.do)
  return [...stepsOf(plan, () => 0.5)].map(word)
}

test('pauses stand where the pace and the faults put them', () => {
  const head = ['write', 'write'] // the head, and the chunk that opens
  const rest = ['write', 'write', 'write', 'keep'] // finish reason, [DONE], last chunk
  const rows: [name: string, isStream: boolean, steps: (number | string)[]][] = [
    ['echo', true, [...head, 'write', 'write', 'write', ...rest]],
    ['echo', false, ['write', 'keep']],
    ['fault/ttft-5s', true, [...head, 5000, 'write', 'write', 'write', ...rest]],
    ['fault/ttft-5s', false, [5000, 'write', 'keep']],
    ['fault/ttft-1.5s+words-1', true, [...head, 1500, 'write', ...rest]],
    ['fault/slow-250ms', true, [...head, 250, 'write', 250, 'write', 250, 'write', ...rest]],
    ['fault/slow-250ms', false, [750, 'write', 'keep']],
    ['fault/ttfb-inf', true, ['hang']],
    ['fault/stall-after-1', true, [...head, 'write', 'hang']],
    ['fault/stall-after-0', false, ['write', 'hang']],
    ['fault/rst-after-2', true, [...head, 'write', 'write', 'reset']],
    ['fault/split-500+words-1', false, ['write', 'write', 0, 'write', 0, 'keep']],
  ]
  for (const [name, isStream, steps] of rows) assert.deepEqual(outline(name, isStream), steps, name)
})

test("the simulator's own pace gives way to a model's", () => {
  const latency = { firstMs: 7, gapMs: 3 }
  assert.deepEqual(
    outline('echo', true, latency).filter((step) => typeof step === 'number'),
    [7, 3, 3],
  )
  assert.deepEqual(outline('echo', false, latency), [13, 'write', 'keep'])
  assert.deepEqual(
    outline('instant', true, latency).filter((step) => typeof step === 'number'),
    [],
  )
  assert.equal(outline('slow-9ms', true, latency).filter((step) => step === 9).length, 50)
})
