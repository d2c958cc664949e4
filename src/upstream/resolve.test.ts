/** The resolver against a name server on loopback: families, caching, staleness, fallback. */

import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { createResolver, type Resolver } from './resolve.ts'

type Answer =
  | { readonly a?: string; readonly aaaa?: string; readonly ttl?: number }
  | 'nxdomain'
  | 'servfail'
  | 'silence'

/** What the name server says, by name; a question for another name gets NXDOMAIN. */
const zone = new Map<string, Answer>()
const questions: string[] = []
let nameServer: Socket
let servers: readonly string[]

const typeA = 1
const typeAAAA = 28

/** One answer of RFC 1035 to a query with one question; undefined where it gets none. */
function respond(query: Buffer): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  while (query[at] !== 0) {
    const length = query[at]!
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  const name = labels.join('.').toLowerCase()
  const type = query.readUInt16BE(at + 1)
  questions.push(`${name} ${type === typeA ? 'A' : 'AAAA'}`)
  const answer = zone.get(name) ?? 'nxdomain'
  if (answer === 'silence') return undefined
  const address = typeof answer === 'string' ? undefined : type === typeA ? answer.a : answer.aaaa
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180 | (answer === 'nxdomain' ? 3 : answer === 'servfail' ? 2 : 0), 2)
  header.writeUInt16BE(address === undefined ? 0 : 1, 6)
  header.writeUInt32BE(0, 8)
  const question = query.subarray(12, at + 5)
  if (address === undefined || typeof answer === 'string') return Buffer.concat([header, question])
  const data =
    type === typeAAAA
      ? Buffer.from(address.replaceAll(':', ''), 'hex')
      : Buffer.from(address.split('.').map(Number))
  const record = Buffer.alloc(12)
  record.writeUInt16BE(0xc00c, 0) // the name of the question
  record.writeUInt16BE(type, 2)
  record.writeUInt16BE(1, 4)
  record.writeUInt32BE(answer.ttl ?? 30, 6)
  record.writeUInt16BE(data.length, 10)
  return Buffer.concat([header, question, record, data])
}

before(async () => {
  nameServer = createSocket('udp4')
  nameServer.on('message', (query, from) => {
    const answer = respond(query)
    if (answer) nameServer.send(answer, from.port, from.address)
  })
  nameServer.bind(0, '127.0.0.1')
  await once(nameServer, 'listening')
  servers = [`127.0.0.1:${(nameServer.address() as AddressInfo).port}`]
})
after(() => nameServer.close())
beforeEach(() => {
  zone.clear()
  questions.length = 0
})

const noSystem: Resolver = (hostname) =>
  Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }))

function createTestResolver(lookupSystem = noSystem): { resolve: Resolver; clock: Clock & { now: number } } {
  const clock = { now: 0, nowMs: () => clock.now, monotonicMs: () => clock.now }
  return { resolve: createResolver(clock, { servers, lookupSystem }), clock }
}

const ipv6 = '2606:2800:0220:0001:0248:1893:25c8:1946'

test('both families, IPv4 first', async () => {
  zone.set('both.example', { a: '93.184.216.34', aaaa: ipv6, ttl: 30 })
  const { resolve } = createTestResolver()
  assert.deepEqual(await resolve('both.example'), [
    { address: '93.184.216.34', family: 4, ttlSeconds: 30 },
    { address: '2606:2800:220:1:248:1893:25c8:1946', family: 6, ttlSeconds: 30 },
  ])
})

test('a name with one family has that one', async () => {
  zone.set('four.example', { a: '1.2.3.4' })
  zone.set('six.example', { aaaa: ipv6 })
  const { resolve } = createTestResolver()
  assert.deepEqual(
    (await resolve('four.example')).map((one) => one.family),
    [4],
  )
  assert.deepEqual(
    (await resolve('six.example')).map((one) => one.family),
    [6],
  )
})

test('an answer is kept for its TTL, at most 60 s', async () => {
  zone.set('short.example', { a: '1.2.3.4', ttl: 5 })
  zone.set('long.example', { a: '1.2.3.4', ttl: 86_400 })
  zone.set('zero.example', { a: '1.2.3.4', ttl: 0 })
  const { resolve, clock } = createTestResolver()
  const asked = async (name: string): Promise<number> => {
    questions.length = 0
    await resolve(name)
    return questions.length
  }
  for (const name of zone.keys()) assert.equal(await asked(name), 2)
  clock.now = 4999
  assert.equal(await asked('short.example'), 0)
  assert.equal(await asked('zero.example'), 2)
  clock.now = 5000
  assert.equal(await asked('short.example'), 2)
  clock.now = 59_999
  assert.equal(await asked('long.example'), 0)
  clock.now = 60_000
  assert.equal(await asked('long.example'), 2)
})

test('while the name servers fail, the last answer serves for ten minutes more', async () => {
  zone.set('stale.example', { a: '1.2.3.4', ttl: 10 })
  const { resolve, clock } = createTestResolver()
  await resolve('stale.example')
  zone.set('stale.example', 'servfail')
  const addresses = async () => (await resolve('stale.example')).map((one) => one.address)
  clock.now = 10_000
  assert.deepEqual(await addresses(), ['1.2.3.4'])
  questions.length = 0
  clock.now = 14_999
  assert.deepEqual(await addresses(), ['1.2.3.4'])
  assert.deepEqual(questions, [], 'nobody waits for servers that have just failed')
  clock.now = 15_000
  assert.deepEqual(await addresses(), ['1.2.3.4'])
  assert.notDeepEqual(questions, [])
  clock.now = 609_999
  assert.deepEqual(await addresses(), ['1.2.3.4'])
  clock.now = 610_000
  await assert.rejects(resolve('stale.example'), { code: 'ESERVFAIL' })
})

test('questions at the same time are one question', async () => {
  zone.set('busy.example', { a: '1.2.3.4' })
  const { resolve } = createTestResolver()
  await Promise.all(Array.from({ length: 50 }, () => resolve('busy.example')))
  assert.equal(questions.length, 2)
})

test('single labels and names that DNS does not have go to the system; failing servers do not', async () => {
  const asked: string[] = []
  const system: Resolver = (hostname) => {
    asked.push(hostname)
    return Promise.resolve([{ address: '10.0.0.7', family: 4 }])
  }
  zone.set('down.example', 'servfail')
  const { resolve } = createTestResolver(system)
  for (const name of ['localhost', 'vllm', 'vllm.', 'vllm.default.svc', 'host.docker.internal']) {
    assert.deepEqual(await resolve(name), [{ address: '10.0.0.7', family: 4 }], name)
  }
  await assert.rejects(resolve('down.example'), { code: 'ESERVFAIL' })
  assert.deepEqual(asked, ['localhost', 'vllm', 'vllm.', 'vllm.default.svc', 'host.docker.internal'])
  await assert.rejects(createTestResolver().resolve('gone.example'), { code: 'ENOTFOUND' })
})

test('the real system resolver knows localhost', async () => {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 }
  const found = await createResolver(clock)('localhost')
  assert.ok(found.every(({ address }) => address === '127.0.0.1' || address === '::1'))
})

test('the cache is bounded: the oldest name is forgotten', async () => {
  const { resolve } = createTestResolver((hostname) => {
    questions.push(hostname)
    return Promise.resolve([{ address: '10.0.0.7', family: 4 }])
  })
  for (let index = 0; index <= 1000; index++) await resolve(`host-${index}`)
  questions.length = 0
  await resolve('host-1000')
  await resolve('host-0')
  assert.deepEqual(questions, ['host-0'])
})

test('while the name servers are silent, the last answer serves before a connection is given up', async () => {
  zone.set('silent.example', { a: '1.2.3.4', ttl: 10 })
  const { resolve, clock } = createTestResolver()
  await resolve('silent.example')
  zone.set('silent.example', 'silence')
  clock.now = 10_000
  const givenUp = delay(2_000, [], { ref: false })
  const found = await Promise.race([resolve('silent.example'), givenUp])
  assert.deepEqual(
    found.map((one) => one.address),
    ['1.2.3.4'],
  )
})
