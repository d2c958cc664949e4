/** Watchers get what happens in their organisation, and none of them can hold the gateway's memory. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLiveEvents, type LiveEvents } from './live-events.ts'
import { ownerCaller } from './policy.ts'
import type { AdminStream } from './route.ts'

class Watcher implements AdminStream {
  text = ''
  pendingBytes = 0
  isEnded = false
  #onClose = () => {}

  write(text: string): void {
    this.text += text
  }

  end(): void {
    this.isEnded = true
    this.#onClose()
  }

  onClose(listener: () => void): void {
    this.#onClose = listener
  }
}

async function watch(events: LiveEvents, org = 'default', teams?: ReadonlySet<string>): Promise<Watcher> {
  const watcher = new Watcher()
  const reply = await events.routes[0]!.run({
    org,
    ...(teams && { teams }),
    actor: 'test',
    caller: ownerCaller('test'),
    requestId: 'r1',
    form: async function* () {},
    params: {},
    query: {},
    body: undefined,
  })
  reply.stream!.open(watcher)
  return watcher
}

function open(t: TestContext): LiveEvents {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  return createLiveEvents((_org, { keyId, teamId }) => teamId ?? teamOfKey[keyId ?? ''], settled)
}

const settled = () => Promise.resolve()

const teamOfKey: Readonly<Record<string, string>> = { k1: 't1', k2: 't2' }

test('each watcher gets the events of its organisation, and a sign of life in between', async (t) => {
  const events = open(t)
  let asked = 0
  events.publish('request', 'default', () => ({ n: ++asked }))
  assert.equal(asked, 0, 'nobody watches')
  const [one, other] = [await watch(events), await watch(events, 'other')]
  events.publish('request', 'default', () => ({ n: ++asked }))
  t.mock.timers.tick(15_000)
  assert.equal(one.text, ': watching\n\nevent: request\ndata: {"n":1}\n\n: keepalive\n\n')
  assert.equal(other.text, ': watching\n\n: keepalive\n\n')
})

test('what happened before somebody watches is stored before they do', async () => {
  const stored = Promise.withResolvers<void>()
  const events = createLiveEvents(
    () => undefined,
    () => stored.promise,
  )
  let watcher: Watcher | undefined
  const watching = watch(events).then((one) => (watcher = one))
  await new Promise(setImmediate)
  assert.equal(watcher, undefined)
  stored.resolve()
  assert.equal((await watching).text, ': watching\n\n')
  events.close()
})

test('who reads too slowly is let go with a note; the others go on', async (t) => {
  const events = open(t)
  const [slow, quick] = [await watch(events), await watch(events)]
  slow.pendingBytes = 256 * 1024 + 1
  for (let n = 0; n < 2; n++) events.publish('health', 'default', () => ({ n }))
  t.mock.timers.tick(250)
  assert.match(slow.text, /event: end\ndata: \{"reason":"it was read too slowly"\}\n\n$/)
  assert.ok(slow.isEnded && !quick.isEnded)
  assert.ok(!slow.text.includes('event: health'))
  assert.match(quick.text, /"n":0.*"n":1/s)
})

test('what happens at once goes out together, and of many requests the rest is counted', async (t) => {
  const events = open(t)
  const [one, other] = [await watch(events), await watch(events)]
  let encoded = 0
  for (let n = 0; n < 150; n++) events.publish('request', 'default', () => ({ n: encoded++ }))
  events.publish('alert', 'default', () => ({ id: 'a1' }))
  assert.equal(one.text, ': watching\n\n')
  t.mock.timers.tick(250)
  assert.equal(encoded, 100, 'once for all who watch')
  assert.equal(one.text.match(/event: request\n/g)?.length, 100)
  assert.ok(one.text.endsWith('event: alert\ndata: {"id":"a1"}\n\nevent: left\ndata: {"requests":50}\n\n'))
  assert.equal(other.text, one.text)
  events.publish('request', 'default', () => ({ n: 'next' }))
  t.mock.timers.tick(250)
  assert.ok(one.text.endsWith('event: request\ndata: {"n":"next"}\n\n'))
})

test('the end of the gateway is told, and ends every stream', async (t) => {
  const events = open(t)
  const watcher = await watch(events)
  events.close()
  assert.match(watcher.text, /event: end\ndata: \{"reason":"the gateway shuts down"\}/)
  assert.ok(watcher.isEnded)
})

test('whoever has a role in teams is told what is of them, and not how much there was of others', async (t) => {
  const events = open(t)
  const all = await watch(events)
  const [one, again] = [
    await watch(events, 'default', new Set(['t1'])),
    await watch(events, 'default', new Set(['t1'])),
  ]
  const both = await watch(events, 'default', new Set(['t2', 't1']))
  for (let n = 0; n < 150; n++) events.publish('request', 'default', () => ({ of: 'k2' }), { keyId: 'k2' })
  events.publish('request', 'default', () => ({ of: 'k1' }), { keyId: 'k1' })
  events.publish('request', 'default', () => ({ of: 'k3' }), { keyId: 'k3' })
  events.publish('alert', 'default', () => ({ of: 't1' }), { teamId: 't1' })
  events.publish('health', 'default', () => ({ of: 'all' }))
  t.mock.timers.tick(250)
  const own = ': watching\n\nevent: request\ndata: {"of":"k1"}\n\nevent: alert\ndata: {"of":"t1"}\n\n'
  assert.equal(one.text, own)
  assert.equal(again.text, own)
  assert.match(both.text, /"of":"k2"/)
  assert.match(both.text, /event: left\ndata: \{"requests":51\}/)
  assert.ok(!/k3|"all"/.test(both.text))
  assert.match(all.text, /event: health/)
  assert.match(all.text, /event: left\ndata: \{"requests":52\}/)
  for (const watcher of [all, one, again, both]) watcher.end()
  let asked = 0
  events.publish('request', 'default', () => ({ n: ++asked }), { keyId: 'k1' })
  t.mock.timers.tick(250)
  assert.equal(asked, 0, 'nobody watches any more')
})
