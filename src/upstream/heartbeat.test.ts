/** When a quiet stream is kept alive, and when it is left alone. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { handClock } from '../../test/support/routing.ts'
import { GatewayError } from '../core/error.ts'
import { HeartbeatOutlet } from './heartbeat.ts'
import type { Outlet } from './outlet.ts'

class Client implements Outlet {
  isGone = false
  isFull = false
  readonly seen: string[] = []
  readonly #listeners: (() => void)[] = []
  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.seen.push(`begin ${status} ${headers['x-weir-request-id'] ?? ''}`)
  }
  write(chunk: string | Buffer): boolean {
    this.seen.push(String(chunk))
    return !this.isFull
  }
  end(): void {
    this.seen.push('end')
  }
  send(status: number): void {
    this.seen.push(`send ${status}`)
  }
  destroy(): void {}
  onDrain(listener: () => void): void {
    this.#listeners.push(listener)
  }
  drain(): void {
    this.isFull = false
    for (const listener of this.#listeners) listener()
  }
}

function begin(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = handClock()
  const client = new Client()
  const outlet = new HeartbeatOutlet(client, {
    form: {
      contentType: 'text/event-stream',
      comment: (text) => `: ${text}\n\n`,
      failure: ({ code }, { id }) => `failed ${code} ${id}`,
    },
    everyMs: 15_000,
    clock,
    requestId: 'r1',
  })
  const wait = (ms: number) => {
    clock.advance(ms)
    t.mock.timers.tick(ms)
  }
  return { client, outlet, wait }
}

const beat = ': keepalive\n\n'

test('the first comment comes after 15 s and begins the answer; the answer itself begins no second one', (t) => {
  const { client, outlet, wait } = begin(t)
  wait(14_999)
  assert.deepEqual(client.seen, [])
  wait(1)
  assert.deepEqual(client.seen, ['begin 200 r1', beat])
  wait(15_000)
  outlet.begin(200, {})
  outlet.write('word')
  outlet.end()
  wait(60_000)
  assert.deepEqual(client.seen, ['begin 200 r1', beat, beat, 'word', 'end'])
})

test('each word puts the next comment off', (t) => {
  const { client, outlet, wait } = begin(t)
  outlet.begin(200, {})
  for (let n = 0; n < 5; n++) {
    wait(10_000)
    outlet.write('word')
  }
  wait(14_999)
  assert.ok(!client.seen.includes(beat))
  wait(1)
  assert.deepEqual(client.seen.slice(-2), ['word', beat])
})

test('a failure is told in the stream only where a comment has begun it', (t) => {
  const error = new GatewayError('upstream_timeout', 'late')
  const early = begin(t)
  early.wait(15_000)
  assert.equal(early.outlet.fail(error), true)
  early.wait(60_000)
  assert.deepEqual(early.client.seen.slice(2), ['failed upstream_timeout r1', 'end'])
  t.mock.timers.reset()
  const { client, outlet, wait } = begin(t)
  assert.equal(outlet.fail(error), false)
  outlet.send(504, {}, '')
  wait(60_000)
  assert.deepEqual(client.seen, ['send 504'])
})

test('a client that does not read, or has gone, is sent nothing', (t) => {
  const { client, outlet, wait } = begin(t)
  outlet.begin(200, {})
  client.isFull = true
  outlet.write('word')
  wait(60_000)
  assert.deepEqual(client.seen.slice(1), ['word'])
  client.drain()
  wait(15_000)
  assert.deepEqual(client.seen.slice(1), ['word', beat])
  client.isGone = true
  wait(60_000)
  assert.equal(client.seen.length, 3)
})
