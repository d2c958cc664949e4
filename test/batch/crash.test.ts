/** A gateway that is killed again and again in the middle of a batch: every line has one result, and all that was paid for is known. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { crashPoints } from '../../src/config/crash-point.ts'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { batchClient, chatLine, pollMs } from '../support/batches.ts'
import { KeptResults } from '../support/kept-results.ts'
import { type GatewayProcess, serveProcess } from '../support/process.ts'
import { seededRandom } from '../support/random.ts'
import { leastSeconds, secondsOf, worstWindow } from '../support/rate-windows.ts'
import { adminToken, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const isProof = process.env['WEIR_PROVE'] !== undefined
const [lines, kills] = isProof ? [50_000, 20] : [2000, 5]
const concurrency = 16
/** So that the limit holds up the batch for most of its time, also on two cores that other proofs share. */
const rpm = isProof ? 9000 : 1800

test(`${kills} kills within a batch of ${lines} lines: one result each, in order`, async (t) => {
  const simulator = createSimulator({ receiptLimit: 1_000_000 })
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const folder = createTemporaryFolder()
  const random = seededRandom(process.env['WEIR_SEED'] ?? 'batch')
  const serve = (crashAt?: string) =>
    serveProcess(t, folder, configOf(url), {
      WEIR_TEST_KEY: testKey,
      WEIR_ADMIN_TOKEN: adminToken,
      PROVIDER_KEY: 'provider-key-canary-0123456789',
      ...(crashAt !== undefined && { WEIR_CRASH_AT: crashAt }),
    })

  let gateway = await serve()
  const client = () => batchClient(gateway.url)
  const ids = Array.from({ length: lines }, (_, n) => `line-${n}`)
  const batchId = await client().submit(ids.map((id, n) => chatLine(id, models[n % models.length]!)))
  const kept = new KeptResults(join(folder, 'data', 'files'))
  let doneBefore = 0
  /** While there was no process. */
  let downMs = 0
  for (let kill = 1; kill <= kills; kill++) {
    // A share of what is left to do, so that no kill comes after the end.
    const aim = doneBefore + Math.floor(((lines - doneBefore) / (kills - kill + 2)) * (0.5 + random() / 2))
    await until(
      'a part of the results',
      async () => {
        if (gateway.child.exitCode !== null || gateway.child.signalCode !== null) return true
        const now = await client()
          .get(batchId)
          .catch((): JsonObject => ({}))
        doneBefore = Number(asObject(now['request_counts'])?.['completed'] ?? doneBefore)
        return doneBefore >= aim ? true : undefined
      },
      isProof ? 300_000 : 60_000,
      pollMs,
    )
    gateway.child.kill('SIGKILL')
    await gateway.exited
    const killedMs = performance.now()
    kept.look()
    const point = crashPoints[Math.floor(random() * crashPoints.length)]!
    gateway = await serve(kill < kills ? `${point}:${1 + Math.floor(random() * 200)}` : undefined)
    downMs += performance.now() - killedMs
  }
  const batch = await until(
    'the end of the batch',
    async () => {
      const now = await client().get(batchId)
      return now['status'] === 'completed' ? now : undefined
    },
    isProof ? 600_000 : 120_000,
    pollMs,
  )
  assert.deepEqual(batch['request_counts'], { total: lines, completed: lines, failed: 0 })

  const results = await client().lines(batch['output_file_id'])
  assert.deepEqual(
    results.map((result) => result['custom_id']),
    ids,
  )

  // What was made twice was under way at a kill, and each time that it was made is in the ledger.
  await until('the end of all calls', () =>
    simulator.receipts().every(({ ended }) => ended !== 'open') ? true : undefined,
  )
  const received = Map.groupBy(simulator.receipts(), ({ body }) => /line-\d+/.exec(JSON.stringify(body))?.[0])
  assert.equal(received.size, lines)
  const answered = simulator.receipts().filter(({ billed }) => billed !== null)
  const surplus = answered.length - lines
  const underWay = kept.underWay(answered)
  const mayComeAgain = underWay.reduce((sum, of) => sum + of, 0)
  assert.ok(
    underWay.every((of) => of <= concurrency),
    `under way at the kills: ${underWay.join()}`,
  )
  assert.ok(surplus <= mayComeAgain, `${surplus} calls were made again, ${mayComeAgain} were under way`)
  const proof = await adminGet(gateway, '/ledger/verify')
  assert.deepEqual([proof['differences'], proof['open']], [[], 0])
  const booked = await ledgerLines(gateway)
  assert.ok(booked >= simulator.receipts().length, `${booked} lines, ${simulator.receipts().length} receipts`)
  assert.ok(booked <= simulator.receipts().length + kills * concurrency)
  const worst = worstWindow(simulator.receipts(), rpm)
  assert.ok(worst <= 1.02, `the limit was passed: ${worst}`)
  const seconds = secondsOf(batch)
  const least = leastSeconds(simulator.receipts().length, rpm)
  const told =
    `${seconds.toFixed(0)} s, of which ${(downMs / 1000).toFixed(0)} s without a process; ` +
    `the limit allows ${least.toFixed(0)} s`
  // Only where nothing else runs.
  if (isProof) assert.ok(seconds - downMs / 1000 <= least * 1.1, told)
  t.diagnostic(
    `${surplus} calls were made again of ${mayComeAgain} under way at ${kills} kills; ${told}; worst window ${(worst * 100).toFixed(1)} % of it`,
  )
})

/** Provider faults among them: they are tried again. */
const models = ['openai/echo', 'openai/slow-2ms', 'openai/fault/http-429%0.05', 'openai/fault/http-503%0.05']

function configOf(url: string): JsonObject {
  return {
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    log: { level: 'warn' },
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    batches: { concurrency },
    // On a machine that is busy with other tests, batch work would be refused for as long as it is.
    server: { overload: { loopLagMs: 60_000 } },
    limits: [{ scope: 'provider', match: 'openai', rpm, concurrency }],
    models: { 'openai/*': { price: { input: 1, output: 4 } } },
    providers: {
      openai: {
        type: 'openai',
        apiKey: 'env:PROVIDER_KEY',
        baseUrl: `${url}/openai/v1`,
        allowPrivateNetwork: true,
      },
    },
  }
}

async function adminGet({ url }: GatewayProcess, path: string): Promise<JsonObject> {
  const response = await fetch(`${url}/admin/v1${path}`, {
    headers: { authorization: `Bearer ${adminToken}` },
  })
  return (await response.json()) as JsonObject
}

async function ledgerLines(gateway: GatewayProcess): Promise<number> {
  let count = 0
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await adminGet(gateway, `/ledger?limit=1000${cursor}`)
    count += asArray(page['data']).filter((line) => asObject(line)?.['kind'] === 'settle').length
    const next = asString(page['next_cursor'])
    cursor = next === undefined ? undefined : `&cursor=${next}`
  }
  return count
}
