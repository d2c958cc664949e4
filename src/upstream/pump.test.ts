/** The pump's own promises that no fault of a provider can show: what it does with a client that does not read. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../core/clock.ts'
import { Interrupt } from '../core/interrupt.ts'
import { dialects } from '../dialects/registry.ts'
import { sseFraming } from '../framing/stream-framing.ts'
import { createProvider } from '../providers/provider.ts'
import { providerTable } from '../providers/table.ts'
import { createCandidate } from '../routing/candidate.ts'
import { noAccount } from './operation.ts'
import type { Outlet } from './outlet.ts'
import { pump } from './pump.ts'
import type { Sender } from './send.ts'
import type { Receiver, UpstreamCall } from './upstream-call.ts'

const chunk = (delta: object, finish: string | null) =>
  Buffer.from(
    `data: ${JSON.stringify({ id: 'a', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
  )

function start(outlet: Outlet) {
  const told: string[] = []
  let receiver: Receiver | undefined
  const call: UpstreamCall = {
    phase: 'answered',
    abort: (reason) => told.push(`abort ${reason.code}`),
    drain: (reason) => told.push(`drain ${reason.code}`),
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
    contentArrived: () => undefined,
  }
  const sender: Pick<Sender, 'send'> = {
    send(_options, given) {
      receiver = given
      return call
    },
  }
  const provider = createProvider('local', providerTable['openai-compatible'], {
    baseUrl: 'https://provider.example/v1',
  })
  const target = createCandidate(provider, 'm')!.legs[0]!.target
  const chat = dialects['openai-chat']
  const interrupt = new Interrupt()
  const result = pump(
    sender as Sender,
    { target, path: '/chat/completions', body: '{}', stream: true },
    {
      source: chat,
      client: chat,
      mode: 'frames',
      withholdUsage: true,
      responsePatch: undefined,
      eventPatch: undefined,
      context: { id: 'r', model: 'm', nowMs: 0, includeUsage: false },
      framing: sseFraming,
      maxDeltas: Number.POSITIVE_INFINITY,
      drainWhenGone: true,
      headers: () => ({}),
      outlet,
      interrupt,
      account: noAccount,
      clock: systemClock,
      dropped: [],
    },
  )
  receiver!.onHeaders(200, { 'content-type': 'text/event-stream' })
  return { told, receiver: receiver!, result, interrupt }
}

function fakeOutlet(accepts: boolean) {
  const told: string[] = []
  let onDrain = () => {}
  const outlet: Outlet = {
    isGone: false,
    begin: (status) => told.push(`begin ${status}`),
    write: () => accepts,
    end: () => told.push('end'),
    send: () => undefined,
    destroy: () => told.push('destroy'),
    onDrain(listener) {
      onDrain = listener
    },
  }
  return { told, outlet, drain: () => onDrain() }
}

test('a client that stops reading stops the provider, and is cut after a minute', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const client = fakeOutlet(false)
  const { told, receiver } = start(client.outlet)
  receiver.onData(chunk({ content: 'x' }, null))
  assert.deepEqual(told, ['pause'])
  t.mock.timers.tick(59_999)
  assert.deepEqual(client.told, ['begin 200'])
  t.mock.timers.tick(1)
  assert.deepEqual(client.told, ['begin 200', 'destroy'])
})

test('one that reads again is not cut', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const client = fakeOutlet(false)
  const { told, receiver } = start(client.outlet)
  receiver.onData(chunk({ content: 'x' }, null))
  client.drain()
  assert.deepEqual(told, ['pause', 'resume'])
  t.mock.timers.tick(120_000)
  assert.deepEqual(client.told, ['begin 200'])
})

test('a complete answer that the client does not take is cut as well', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const client = fakeOutlet(false)
  const { receiver, result } = start(client.outlet)
  receiver.onData(chunk({ content: 'x' }, 'stop'))
  receiver.onEnd()
  assert.equal((await result).error, undefined)
  t.mock.timers.tick(60_000)
  assert.equal(client.told.at(-1), 'destroy')
})
