/**
 * An instance that is cut off in the middle of a batch, from its database, its broker or the counters of limits, by
 * connections that break and by networks that swallow everything: one result for each line, and none paid for twice.
 */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { asNumber, asObject, type JsonObject } from '../../src/core/json.ts'
import { type BatchClient, batchClient, chatLine, pollMs } from '../support/batches.ts'
import { type Difference, type Instances, sharedLines, startInstances } from '../support/instances.ts'
import { openRabbit } from '../support/rabbit.ts'
import { mostAtOnce } from '../support/rate-windows.ts'
import { openRedis } from '../support/redis.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const isProof = process.env['WEIR_PROVE'] !== undefined
const concurrency = 16
/** Each of two instances does about fifty lines a second. */
const models = ['openai/slow-50ms', 'openai/slow-40ms', 'openai/fault/http-503%0.05+slow-50ms']
const answer = { max_tokens: 4 }
/** An instance is cut off for as many as these are done by the other one. */
const cutForLines = isProof ? 1200 : 120
const betweenLines = isProof ? 200 : 40
/** Longer than leases are. */
const cutForLeases = 4500
/** Lines that two instances may have for themselves: while one is cut off, the other needs some. */
const keptLines = 256
const leaseMs = 60_000
const withinMs = 240_000

/** What the first instance has between itself and its servers. */
interface Ways {
  readonly postgres: TcpProxy
  readonly broker?: TcpProxy
  readonly limits: TcpProxy
}

type Fault = readonly [server: keyof Ways, how: 'cut' | 'stall', forLines: number]

interface Trial {
  readonly queue: 'the database' | 'Redis' | 'RabbitMQ'
  readonly faults: readonly Fault[]
}

const faultsOf = (servers: readonly (keyof Ways)[]) =>
  servers.flatMap((server): Fault[] => [
    [server, 'stall', cutForLines],
    [server, 'cut', cutForLines],
  ])
const longFaults: readonly Fault[] = isProof ? [['postgres', 'cut', cutForLeases]] : []

const openBroker = { 'the database': async () => undefined, Redis: openRedis, RabbitMQ: openRabbit }

const trials: readonly Trial[] = [
  { queue: 'the database', faults: [...faultsOf(['postgres', 'limits']), ...longFaults] },
  { queue: 'Redis', faults: [...faultsOf(['postgres', 'broker']), ...longFaults] },
  { queue: 'RabbitMQ', faults: [...faultsOf(['postgres', 'broker']), ...longFaults] },
]

for (const { queue, faults } of trials) {
  const told = faults.map(([server, how]) => `${server} ${how}`).join(', ')
  test(`one of two instances, lines by ${queue}: ${told}`, async (t) => {
    const broker = await openBroker[queue](t)
    if (typeof broker === 'string') return t.skip(broker)
    let ways: Ways | undefined
    const folder = createTemporaryFolder()
    const settings: JsonObject = {
      ...(broker && { queue: broker.url }),
      files: { folder },
      batches: { concurrency: concurrency / 2 },
      limits: [{ scope: 'provider', match: 'openai', concurrency }],
      // On a machine that is busy with other tests, batch work would be refused for as long as it is.
      server: { overload: { loopLagMs: 60_000 } },
    }
    const instances = await startInstances(
      t,
      2,
      settings,
      async (at, { postgres, redis }): Promise<Difference> => {
        if (at > 0) return {}
        const toBroker = broker && (await openTcpProxy(t, broker.url))
        ways = {
          postgres: await openTcpProxy(t, postgres.url),
          limits: await openTcpProxy(t, redis.url),
          ...(toBroker && { broker: toBroker }),
        }
        return {
          postgresUrl: ways.postgres.url,
          config: { shared: ways.limits.url, ...(toBroker && { queue: toBroker.url }) },
        }
      },
    )
    if (typeof instances === 'string') return t.skip(instances)
    await run(t, instances, ways!, faults)
  })
}

test('told to end while it is cut off from its database, an instance ends, and tells what it has when it starts again', async (t) => {
  const ways: TcpProxy[] = []
  const settings: JsonObject = {
    files: { folder: createTemporaryFolder() },
    batches: { concurrency: concurrency / 2 },
    server: { overload: { loopLagMs: 60_000 }, drain: { graceMs: 0, timeoutMs: 1000 } },
  }
  const instances = await startInstances(t, 2, settings, async (at, { postgres }) => {
    if (at > 0) return {}
    ways.push(await openTcpProxy(t, postgres.url))
    return { postgresUrl: ways[0]!.url }
  })
  if (typeof instances === 'string') return t.skip(instances)
  const { gateways, simulator } = instances
  const client = batchClient(gateways[1]!.url)
  const id = await client.submit(
    Array.from({ length: 600 }, (_, n) => chatLine(`line-${n}`, 'openai/slow-50ms', answer)),
  )
  await until('its beginning', () => (simulator.receipts().length > 100 ? true : undefined), withinMs)
  ways[0]!.cut()
  gateways[0]!.child.kill('SIGTERM')
  // By itself: its code says that there was something that other parts could not write either.
  assert.equal(typeof (await gateways[0]!.exited), 'number')
  ways[0]!.mend()
  await instances.startAgain(0)
  const batch = await endOf(client, id)
  assert.deepEqual(batch['request_counts'], { total: 600, completed: 600, failed: 0 })
  // Those that were under way when its time was over.
  const surplus = simulator.receipts().length - 600
  assert.ok(surplus <= concurrency / 2, `${surplus} calls were made again`)
})

async function run(
  t: TestContext,
  { gateways, simulator, ...instances }: Instances,
  ways: Ways,
  faults: readonly Fault[],
): Promise<void> {
  // The one that is not cut off.
  const client = batchClient(gateways[1]!.url)
  const lines = faults.reduce((sum, [, , forLines]) => sum + betweenLines + forLines, keptLines)
  const id = await client.submit(
    Array.from({ length: lines }, (_, n) => chatLine(`line-${n}`, models[n % models.length]!, answer)),
  )
  const completed = (batch: JsonObject) => asNumber(asObject(batch['request_counts'])?.['completed']) ?? 0
  const doneReaches = (aim: number) =>
    until(
      `${aim} lines`,
      async () => {
        const done = completed(await client.get(id))
        return done >= aim ? done : undefined
      },
      withinMs,
      pollMs,
    )
  let done = 0
  let longestMs = 0
  for (const [server, how, forLines] of faults) {
    done = await doneReaches(done + betweenLines)
    const cutAtMs = Date.now()
    ways[server]![how]()
    done = await doneReaches(done + forLines)
    ways[server]!.mend()
    longestMs = Math.max(longestMs, Date.now() - cutAtMs)
  }
  const batch = await endOf(client, id)
  assert.deepEqual(batch['request_counts'], { total: lines, completed: lines, failed: 0 })
  // Also by the one that was cut off.
  for (const { url } of gateways) {
    const results = await batchClient(url).lines(batch['output_file_id'])
    assert.deepEqual(
      results.map((result) => result['custom_id']),
      Array.from({ length: lines }, (_, n) => `line-${n}`),
    )
  }
  const receipts = await until('the end of all calls', () => {
    const all = simulator.receipts()
    return all.every(({ ended }) => ended !== 'open') ? all : undefined
  })
  // No process has ended: only what was under way when its lease did is done by others, too.
  const surplus = receipts.filter(({ billed }) => billed !== null).length - lines
  // On a machine that other tests are at, a cut may last that long without being told to.
  const mayComeAgain = longestMs > leaseMs / 2 ? (concurrency / 2) * (isProof ? 1 : faults.length) : 0
  assert.ok(surplus <= mayComeAgain, `${surplus} lines were answered again`)
  const atOnce = mostAtOnce(receipts)
  assert.ok(atOnce <= concurrency, `${atOnce} calls at once`)
  const settled = await until(
    'the ledger of both',
    async () => {
      const all = await sharedLines({ gateways, simulator, ...instances })
      const found = all.filter(({ kind }) => kind === 'settle').length
      return found >= receipts.length ? found : undefined
    },
    60_000,
    500,
  )
  assert.equal(settled, receipts.length)
  t.diagnostic(
    `${receipts.length} calls, ${surplus} of them again; cut off for at most ${(longestMs / 1000).toFixed(1)} s; at most ${atOnce} of ${concurrency} calls at once`,
  )
}

function endOf(client: BatchClient, id: string): Promise<JsonObject> {
  const look = async () => {
    const now = await client.get(id)
    return now['status'] === 'completed' ? now : undefined
  }
  return until('the end of the batch', look, withinMs, pollMs)
}
