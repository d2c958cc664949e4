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
  void pump(
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
      interrupt: new Interrupt(),
      account: noAccount,
      clock: systemClock,
      dropped: [],
    },
  )
  receiver!.onHeaders(200, { 'content-type': 'text/event-stream' })
  return { told, receiver: receiver! }
}

/** A client that takes nothing, until `drain`. */
function fullOutlet() {
  let onDrain = () => {}
  const outlet: Outlet = {
    isGone: false,
    begin: () => undefined,
    write: () => false,
    end: () => undefined,
    send: () => undefined,
    destroy: () => undefined,
    onDrain(listener) {
      onDrain = listener
    },
  }
  return { outlet, drain: () => onDrain() }
}

test('a client that stops reading stops the provider until it reads again', () => {
  const client = fullOutlet()
  const { told, receiver } = start(client.outlet)
  receiver.onData(chunk({ content: 'x' }, null))
  assert.deepEqual(told, ['pause'])
  client.drain()
  assert.deepEqual(told, ['pause', 'resume'])
})
