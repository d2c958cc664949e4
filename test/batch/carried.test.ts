/** What passes between a gateway and its broker: every line of a batch by its number, once; and a broker that says nothing. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { createRabbitLineBroker } from '../../src/storage/rabbitmq/line-broker.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { openRabbit } from '../support/rabbit.ts'
import { openRedis } from '../support/redis.ts'
import { type Lifetime, startStack } from '../support/stack.ts'
import { type Listener, openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const lines = 640
const linesPerMessage = 32
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

interface Broker {
  open(t: Lifetime): Promise<{ readonly url: string } | string>
  /** The messages in what one side of a connection has sent. */
  messagesIn(sent: Buffer): string[]
}

const brokers: Readonly<Record<string, Broker>> = {
  Redis: {
    open: openRedis,
    // A field `lines` and its value, as bulk strings (https://redis.io/docs/latest/develop/reference/protocol-spec/).
    messagesIn: (sent) =>
      [...sent.toString('latin1').matchAll(/\$5\r\nlines\r\n\$\d+\r\n([^\r]*)\r\n/g)].map(
        ([, text]) => text!,
      ),
  },
  RabbitMQ: { open: openRabbit, messagesIn: amqpBodies },
}

/** Bodies of messages: AMQP 0-9-1, section 4.2.3. A client begins with a header of eight bytes. */
function amqpBodies(sent: Buffer): string[] {
  const bodies: string[] = []
  for (let at = sent.toString('latin1', 0, 4) === 'AMQP' ? 8 : 0; at + 7 < sent.length;) {
    const end = at + 7 + sent.readUInt32BE(at + 3)
    if (sent[at] === 3) bodies.push(sent.toString('latin1', at + 7, end))
    at = end + 1
  }
  return bodies
}

function linesOf(messages: readonly string[]): number[] {
  const runs = messages.flatMap((message) => message.split(',').map((run) => run.split('-').map(Number)))
  return runs
    .flatMap(([first = 0, last = first]) => upTo(last - first + 1).map((n) => first + n - 1))
    .toSorted((a, b) => a - b)
}

/** All that passed, by connection and side. */
class Recorder {
  readonly #sent = new Map<string, Buffer[]>()

  readonly listen: Listener = (chunk, from, connection) => {
    const key = `${from} ${connection}`
    this.#sent.set(key, [...(this.#sent.get(key) ?? []), chunk])
  }

  messages(from: 'client' | 'server', { messagesIn }: Broker): string[] {
    return [...this.#sent].flatMap(([key, chunks]) =>
      key.startsWith(from) ? messagesIn(Buffer.concat(chunks)) : [],
    )
  }
}

for (const [name, broker] of Object.entries(brokers)) {
  test(`${name} is told each line of a batch once, and every line that is done has come from it`, async (t) => {
    const server = await broker.open(t)
    if (typeof server === 'string') return t.skip(server)
    const recorder = new Recorder()
    const { proxy, closeProxy } = await openProxy(server.url, recorder.listen)
    const { gateway, simulator, log } = await startStack(t, {
      // On a machine that is busy with other tests, lines would be refused, and come again from the rows.
      config: { queue: proxy.url, server: { overload: { loopLagMs: 60_000 } } },
    })
    t.after(closeProxy)
    const client = batchClient(gateway.url)
    const batch = await client.ended(
      await client.submit(upTo(lines).map((line) => chatLine(`line-${line}`, 'openai/echo'))),
    )
    assert.deepEqual(batch['request_counts'], { total: lines, completed: lines, failed: 0 })
    assert.equal(simulator.receipts().length, lines)
    const told = recorder.messages('client', broker)
    assert.equal(told.length, lines / linesPerMessage)
    assert.deepEqual(linesOf(told), upTo(lines))
    assert.deepEqual(linesOf(recorder.messages('server', broker)), upTo(lines))
    // Only where it is away are lines taken without it, and that is told.
    assert.deepEqual(
      log.filter((line) => line.includes('the queue of batches is away')),
      [],
    )
  })

  test(`without an answer of ${name}, lines are done all the same, and the log tells so`, async (t) => {
    const server = await broker.open(t)
    if (typeof server === 'string') return t.skip(server)
    const recorder = new Recorder()
    const { proxy, closeProxy } = await openProxy(server.url, recorder.listen)
    proxy.stall()
    const { gateway, log } = await startStack(t, { config: { queue: proxy.url } })
    t.after(closeProxy)
    const client = batchClient(gateway.url)
    const batch = await client.ended(
      await client.submit(upTo(lines).map((line) => chatLine(`line-${line}`, 'openai/echo'))),
    )
    assert.deepEqual(batch['request_counts'], { total: lines, completed: lines, failed: 0 })
    assert.deepEqual(recorder.messages('server', broker), [])
    assert.ok(log.some((line) => line.includes('the queue of batches is away')))
  })
}

test('a RabbitMQ that falls silent while it greets holds nothing up, and is used when it answers', async (t) => {
  const server = await openRabbit(t)
  if (typeof server === 'string') return t.skip(server)
  const { proxy, closeProxy } = await openProxy(server.url, (chunk, from) => {
    // `connection.open-ok`: the connection is there, and its channels are not.
    if (from === 'server' && chunk.includes(Buffer.from([0, 10, 0, 41]))) proxy.stall()
  })
  const broker = createRabbitLineBroker({ url: proxy.url, clock: systemClock })
  t.after(() => broker.close())
  t.after(closeProxy)
  const id = `batch_${randomUUID()}`
  // Heartbeats would end that connection in 20 s.
  const answers = [broker.offer(id, ['1-3']), broker.take(id, 1), broker.drop(id)]
  const refused = Promise.allSettled(answers)
  let isOver = false
  void refused.then(() => (isOver = true))
  await until('its answers', () => isOver || undefined, 10_000)
  assert.deepEqual(
    (await refused).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  )
  proxy.mend()
  await until('its messages', async () => {
    await broker.offer(id, ['1-3']).catch(() => undefined)
    const { messages } = await broker.take(id, 1).catch(() => ({ messages: [] }))
    return messages.length > 0 ? true : undefined
  })
})

/** It goes after the gateway that uses it: what is told first is done first. */
async function openProxy(url: string, listen: Listener) {
  const closing: (() => Promise<void>)[] = []
  const proxy = await openTcpProxy({ after: (work) => void closing.push(work) }, url, listen)
  return { proxy, closeProxy: () => Promise.all(closing.map((close) => close())) }
}
