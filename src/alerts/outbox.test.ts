/** What is to be told arrives signed, at least once, whatever the receiver does meanwhile, and is given up after a day. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { createTestClock } from '../../test/support/access.ts'
import { startHookServer } from '../../test/support/hook-server.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import { Secret } from '../core/secret.ts'
import { createAlertStore } from '../storage/sql/alert-store.ts'
import { openDatabase } from '../storage/sql/open.ts'
import { createPoster } from '../upstream/post.ts'
import type { Signal } from './alert.ts'
import { createAlerts } from './alerts.ts'
import { createOutbox } from './outbox.ts'
import { createWebhook } from './webhook.ts'

const signal: Signal = {
  org: 'default',
  kind: 'provider-failures',
  subject: 'openai',
  severity: 'warning',
  summary: 'The provider openai fails.',
  detail: {},
}
const secret = new Secret('a-signing-secret-of-32-characters')

async function open(t: TestContext) {
  const clock = createTestClock()
  const database = await openDatabase({
    store: 'sqlite',
    dataDir: createTemporaryFolder(),
    clock,
    onError: () => undefined,
  })
  const hook = await startHookServer(t)
  const port = Number(new URL(hook.url).port)
  const sender = createPoster({ allowPrivateNetwork: true, allowedPorts: [port] })
  const store = createAlertStore(database)
  const channel = createWebhook({ name: 'hook', url: `${hook.url}/in?team=a`, secret, sender, clock })
  const failures: boolean[] = []
  const outbox = createOutbox({
    store,
    channels: () => [channel],
    clock,
    random: () => 1,
    onFailure: (_delivery, _cause, isGivenUp) => failures.push(isGivenUp),
    onError: (cause) => assert.fail(String(cause)),
  })
  t.after(async () => {
    await outbox.close()
    await sender.close()
    await database.close()
  })
  let ids = 0
  const notices: string[] = []
  const alerts = createAlerts({
    store,
    clock,
    newId: () => `alert_${++ids}`,
    channelsFor: () => ['hook'],
    onNotice: ({ occasion }) => notices.push(occasion),
    onError: (cause) => assert.fail(String(cause)),
  })
  return { clock, hook, outbox, alerts, failures, notices, store }
}

test('a report is told once while it lasts, signed, and its end is told too', async (t) => {
  const { hook, outbox, alerts, clock, notices } = await open(t)
  for (let n = 0; n < 5; n++) alerts.raise(signal)
  await alerts.settled()
  outbox.wake()
  await until('the delivery', () => hook.received[0])
  clock.advance(61_000)
  alerts.raise(signal)
  alerts.resolve(signal)
  await alerts.settled()
  outbox.wake()
  await until('the end', () => hook.received[1])
  assert.deepEqual(notices, ['raised', 'resolved'])
  assert.equal(hook.received.length, 2)
  const [first, second] = hook.received
  assert.equal(first!.path, '/in?team=a')
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(
    String(first!.headers['x-weir-signature']),
  )!
  const expected = createHmac('sha256', secret.reveal()).update(`${seconds}.${first!.body}`).digest('hex')
  assert.equal(signature, expected)
  const told = JSON.parse(second!.body) as { type: string; alert: { status: string; count: number } }
  assert.deepEqual([told.type, told.alert.status, told.alert.count], ['alert.resolved', 'resolved', 2])
})

test('what was not taken is sent again later, with growing pauses, under the same id', async (t) => {
  const { hook, outbox, alerts, clock, failures } = await open(t)
  hook.answerWith(500)
  alerts.raise(signal)
  await alerts.settled()
  const failed = async (times: number) => {
    outbox.wake()
    await until(`failure ${times}`, () => (failures.length === times ? true : undefined))
  }
  await failed(1)
  clock.advance(4_999)
  outbox.wake()
  await outbox.close()
  assert.equal(hook.received.length, 1, 'before its pause is over nothing is sent')
})

test('a delivery survives its receiver, and is given up after a day', async (t) => {
  const { hook, outbox, alerts, clock, failures, store } = await open(t)
  hook.answerWith(500)
  alerts.raise(signal)
  await alerts.settled()
  for (let times = 1; failures.at(-1) !== true; times++) {
    outbox.wake()
    await until(`failure ${times}`, () => (failures.length === times ? true : undefined))
    clock.advance(3_600_000)
    assert.ok(times < 40)
  }
  const ids = new Set(hook.received.map(({ headers }) => headers['x-weir-delivery']))
  assert.equal(ids.size, 1)
  assert.ok(hook.received.length > 20)
  assert.deepEqual(await store.claim(clock.nowMs() + 1e9, 1000, 10), [])
})

test('a receiver that is back gets what waited for it', async (t) => {
  const { hook, outbox, alerts, clock, failures } = await open(t)
  hook.answerWith(503)
  alerts.raise(signal)
  await alerts.settled()
  outbox.wake()
  await until('a failure', () => failures[0] === false || undefined)
  hook.answerWith(200)
  clock.advance(5_000)
  outbox.wake()
  await until('the second attempt', () => hook.received[1])
  await outbox.close()
  assert.equal(failures.length, 1)
})
