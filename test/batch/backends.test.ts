/** Several instances over Redis or RabbitMQ, killed in the middle of a batch, with their broker: one result for each line. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { asNumber, asObject } from '../../src/core/json.ts'
import { batchClient, chatLine, pollMs } from '../support/batches.ts'
import { sharedLines, startInstances, type Instances } from '../support/instances.ts'
import { leastSeconds, mostAtOnce, secondsOf, worstWindow } from '../support/rate-windows.ts'
import { openRabbit } from '../support/rabbit.ts'
import { openRedis } from '../support/redis.ts'
import { seededRandom } from '../support/random.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const isProof = process.env['WEIR_PROVE'] !== undefined
const [lines, count] = isProof ? [50_000, 4] : [2000, 2]
/** So that the limit holds up the batch for most of its time. */
const rpm = isProof ? 12_000 : 1800
const kills = 5
const brokerKills = [2, 4]
/** Calls under way at once, over all instances, and of each: what may come again when one is killed. */
const concurrency = 24
const perInstance = concurrency / count
const withinMs = lines * 20 + 60_000

interface Broker {
  kill(): Promise<void>
  start(): Promise<void>
}

for (const queue of ['Redis', 'RabbitMQ']) {
  const title = `${kills} kills of ${count} instances and ${brokerKills.length} of ${queue} within ${lines} lines: one result each`
  test(title, async (t) => {
    const rabbit = queue === 'RabbitMQ' ? await openRabbit(t) : undefined
    if (typeof rabbit === 'string') return t.skip(rabbit)
    const folder = createTemporaryFolder()
    // Not the one that counts the limits: that one is not killed.
    const redis = queue === 'Redis' ? await openRedis(t) : undefined
    if (typeof redis === 'string') return t.skip(redis)
    const broker = (rabbit ?? redis)!
    const instances = await startInstances(t, count, () => ({
      queue: broker.url,
      files: { folder },
      batches: { concurrency: perInstance },
      limits: [{ scope: 'provider', match: 'openai', concurrency, rpm }],
    }))
    if (typeof instances === 'string') return t.skip(instances)
    await run(t, instances, broker)
  })
}

async function run(t: TestContext, instances: Instances, broker: Broker): Promise<void> {
  const random = seededRandom(process.env['WEIR_SEED'] ?? 'backends')
  const client = (at: number) => batchClient(instances.gateways[at]!.url)
  const id = await client(0).submit(
    Array.from({ length: lines }, (_, n) => chatLine(`line-${n}`, models[n % models.length]!)),
  )
  const doneBy = async (): Promise<number> => {
    const batch = await client(0).get(id)
    return asNumber(asObject(batch['request_counts'])?.['completed']) ?? 0
  }
  for (let kill = 1; kill <= kills; kill++) {
    const aim = Math.floor((lines / (kills + 1)) * (kill - 0.5 + random() / 2))
    await until('a part', async () => ((await doneBy()) >= aim ? true : undefined), withinMs, pollMs)
    const victim = Math.floor(random() * count)
    instances.gateways[victim]!.child.kill('SIGKILL')
    await instances.gateways[victim]!.exited
    await instances.startAgain(victim)
    if (!brokerKills.includes(kill)) continue
    await broker.kill()
    await broker.start()
  }
  const batch = await until(
    'the end of the batch',
    async () => {
      const now = await client(0).get(id)
      return now['status'] === 'completed' ? now : undefined
    },
    withinMs,
    pollMs,
  )
  const seconds = secondsOf(batch)
  assert.deepEqual(batch['request_counts'], { total: lines, completed: lines, failed: 0 })
  const results = await client(count - 1).lines(batch['output_file_id'])
  assert.deepEqual(
    results.map((result) => result['custom_id']),
    Array.from({ length: lines }, (_, n) => `line-${n}`),
  )
  const receipts = await until('the end of all calls', () => {
    const all = instances.simulator.receipts()
    return all.every(({ ended }) => ended !== 'open') ? all : undefined
  })
  const answered = receipts.filter(({ billed }) => billed !== null)
  const surplus = answered.length - lines
  const mayComeAgain = kills * perInstance
  assert.ok(
    surplus <= mayComeAgain,
    `${surplus} lines were answered again, ${mayComeAgain} at most were under way`,
  )
  const atOnce = mostAtOnce(receipts)
  assert.ok(atOnce <= concurrency * 1.02, `${atOnce} calls at once`)
  await assertLedger(instances, receipts.length)
  const worst = worstWindow(receipts, rpm)
  assert.ok(worst <= 1.02, `the limit was passed: ${worst}`)
  const least = leastSeconds(receipts.length, rpm)
  if (isProof) assert.ok(seconds <= least * 1.1, `${seconds} s, the limit allows ${least} s`)
  t.diagnostic(
    `${seconds.toFixed(0)} s, ${least.toFixed(0)} s by the limit, worst window ${(worst * 100).toFixed(1)} % of it;` +
      ` ${(lines / seconds).toFixed(0)} lines/s, ${surplus} answered again of ${mayComeAgain} that those killed may have had under way, at most ${atOnce} of ${concurrency} calls at once`,
  )
}

const models = ['openai/echo', 'openai/slow-2ms', 'openai/fault/http-429%0.05', 'openai/fault/http-503%0.05']

/** Every call that the provider received is in the ledger; besides, only those that a kill kept from being sent. */
async function assertLedger(instances: Instances, receipts: number): Promise<void> {
  const booked = await until(
    'the ledger of all instances',
    async () => {
      const settled = (await sharedLines(instances)).filter(({ kind }) => kind === 'settle').length
      return settled >= receipts ? settled : undefined
    },
    60_000,
    500,
  )
  assert.ok(booked <= receipts + kills * perInstance, `${booked} lines for ${receipts} receipts`)
}
