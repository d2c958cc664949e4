/** Connections to RabbitMQ: each that was begun is closed, whatever becomes of it meanwhile, and none holds up a stop. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Rabbit, type RabbitParts } from '../../src/storage/rabbitmq/connect.ts'
import { openRabbit } from '../support/rabbit.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const cleanups: (() => unknown)[] = []
let server: { readonly url: string } | string
before(async () => {
  server = await openRabbit({ after: (work) => void cleanups.push(work) })
})
after(async () => {
  for (const work of cleanups) await work()
})

function open(url: string, more: Partial<RabbitParts> = {}) {
  const parts = { url, nowMs: () => 0, prepare: async () => undefined, onEnd: () => undefined }
  return new Rabbit({ ...parts, ...more })
}

/** Of this process. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

const allGone = () => until('the end of all connections', () => (sockets() === 0 ? true : undefined))

test('one that is being made when the gateway stops is closed, though another has failed meanwhile', async (t) => {
  if (typeof server === 'string') return t.skip(server)
  const refusal = Promise.withResolvers<never>()
  let prepared = 0
  const rabbit = open(server.url, {
    async prepare(channel) {
      if (prepared++ > 0) return undefined
      await channel.close()
      return refusal.promise
    },
  })
  const first = rabbit.session()
  await until('the end of its channel', () => (rabbit.session() === first ? undefined : true))
  const second = rabbit.session()
  refusal.reject(new Error('refused'))
  await assert.rejects(first, /refused/)
  await rabbit.close()
  await assert.rejects(second)
  await allGone()
})

test('one that could not be prepared is closed, and the next one is made', async (t) => {
  if (typeof server === 'string') return t.skip(server)
  let nowMs = 0
  let prepared = 0
  const rabbit = open(server.url, {
    nowMs: () => nowMs,
    prepare: () => (prepared++ > 0 ? Promise.resolve() : Promise.reject(new Error('refused'))),
  })
  await assert.rejects(rabbit.session(), /refused/)
  await allGone()
  await assert.rejects(rabbit.session(), /refused/)
  nowMs = 1000
  await rabbit.session()
  assert.equal(sockets(), 1)
  await rabbit.close()
  await allGone()
})

// `connection.start`, before the connection is there; `connection.open-ok`, before its channels are.
for (const method of [10, 41]) {
  test(`a server that falls silent at ${method} of its greeting holds up no stop, and finds nobody later`, async (t) => {
    if (typeof server === 'string') return t.skip(server)
    const idle = sockets()
    let isSilent = false
    const proxy = await openTcpProxy(t, server.url, (chunk, from) => {
      if (from !== 'server' || isSilent || !chunk.includes(Buffer.from([0, 10, 0, method]))) return
      isSilent = true
      proxy.stall()
    })
    const rabbit = open(proxy.url)
    const session = rabbit.session()
    session.catch(() => undefined)
    await until('its silence', () => isSilent || undefined)
    let isClosed = false
    void rabbit.close().then(() => (isClosed = true))
    await until('the end', () => isClosed || undefined, 10_000)
    proxy.mend()
    await assert.rejects(session)
    await until('the end of all connections', () => (sockets() === idle ? true : undefined))
  })
}
