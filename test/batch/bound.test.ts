/** `max_usd` is a bound: over several instances that are killed, over calls that fail and are paid for, and it is used. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asNumber, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { parseUsd } from '../../src/core/money.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'
import { type BatchClient, batchClient, chatLine, pollMs } from '../support/batches.ts'
import { sharedLines, startInstances } from '../support/instances.ts'
import { asOwner } from '../support/people.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** A cent for each token of an answer. */
const price = { input: 100, output: 10_000 }
const answer = { max_tokens: 10 }
/** As much as is held for one call. */
const mostOfOneUsd = 0.26

const many = (count: number, models: readonly string[]) =>
  Array.from({ length: count }, (_, n) => chatLine(`line-${n}`, models[n % models.length]!, answer))

/** What the ledger has of it. */
function chargedUsd(lines: readonly JsonObject[], batchId: string): number {
  const own = lines.filter(({ tags }) => asArray(tags).includes(`batch:${batchId}`))
  const nanoUsd = own.map(({ charged_usd: charged }) => parseUsd(asString(charged) ?? '') ?? Number.NaN)
  return nanoUsd.reduce((sum, each) => sum + each, 0) / 1e9
}

/** What the provider bills. */
function billedUsd(receipts: readonly Receipt[]): number {
  const usd = receipts.map(({ billed }) =>
    billed ? billed.inputTokens * price.input + billed.outputTokens * price.output : 0,
  )
  return usd.reduce((sum, each) => sum + each, 0) / 1e6
}

/** Machines that other tests are at take their time. */
function endOf(client: BatchClient, id: string): Promise<JsonObject> {
  const look = async () => {
    const batch = await client.get(id)
    return batch['status'] === 'completed' ? batch : undefined
  }
  return until('the end of the batch', look, 120_000, pollMs)
}

async function ledgerOf(admin: Stack['admin']): Promise<JsonObject[]> {
  return asArray((await admin('/ledger?limit=1000'))['data']).map((line) => asObject(line)!)
}

function assertBound(batch: JsonObject, maxUsd: number, ledgerUsd: number, leftUsd = mostOfOneUsd): void {
  const { total, completed } = asObject(batch['request_counts']) as { total: number; completed: number }
  const toldUsd = Number(asObject(batch['weir'])?.['cost_usd'])
  assert.ok(completed > 0 && completed < total, `${completed} of ${total}`)
  assert.ok(toldUsd <= maxUsd, `${toldUsd} of ${maxUsd}`)
  assert.ok(ledgerUsd > 0 && ledgerUsd <= toldUsd + 1e-9, `told ${toldUsd}, charged ${ledgerUsd}`)
  // It does not stop while another line fits.
  assert.ok(toldUsd > maxUsd - leftUsd, `${toldUsd} of ${maxUsd}`)
}

test('two instances that are killed in the middle: what all calls were charged is within the bound', async (t) => {
  const folder = createTemporaryFolder()
  const concurrency = 8
  const maxUsd = 12
  const instances = await startInstances(t, 2, {
    files: { folder },
    models: { 'openai/*': { price } },
    batches: { concurrency },
    // On a machine that is busy with other tests, batch work would be refused for as long as it is.
    server: { overload: { loopLagMs: 60_000 } },
  })
  if (typeof instances === 'string') return t.skip(instances)
  const client = (at: number) => batchClient(instances.gateways[at]!.url)
  const models = ['openai/slow-20ms', 'openai/fault/no-finish%0.2+slow-10ms', 'openai/fault/http-503%0.1']
  const id = await client(0).submit(many(1000, models), { max_usd: `${maxUsd}` })
  for (const [kill, victim] of [0, 1, 0].entries()) {
    await until(
      'a part',
      async () => {
        const batch = await client(victim).get(id)
        const costUsd = Number(asObject(batch['weir'])?.['cost_usd'])
        return costUsd >= (maxUsd * (kill + 1)) / 5 || batch['status'] === 'completed' ? true : undefined
      },
      60_000,
      pollMs,
    )
    await instances.crash(victim)
  }
  const batch = await endOf(client(1), id)
  const receipts = await until('the end of all calls', () => {
    const all = instances.simulator.receipts()
    return all.every(({ ended }) => ended !== 'open') ? all : undefined
  })
  const billed = billedUsd(receipts)
  assert.ok(billed > maxUsd / 2 && billed <= maxUsd, `billed ${billed} of ${maxUsd}`)
  const lines = await until(
    'the ledger of both',
    async () => {
      const all = await sharedLines(instances)
      return all.filter(({ kind }) => kind === 'settle').length >= receipts.length ? all : undefined
    },
    60_000,
    500,
  )
  const ledgerUsd = chargedUsd(lines, id)
  assertBound(batch, maxUsd, ledgerUsd)
  assert.ok(billed <= ledgerUsd + 1e-9, `billed ${billed}, charged ${ledgerUsd}`)
  const left = await client(1).lines(batch['error_file_id'])
  assert.ok(left.some(({ error }) => asObject(error)?.['code'] === 'max_usd_reached'))
  t.diagnostic(
    `${asNumber(asObject(batch['request_counts'])?.['completed'])} lines; told ${String(asObject(batch['weir'])?.['cost_usd'])} USD, charged ${ledgerUsd} USD of ${maxUsd} USD`,
  )
})

test('tries that cost and give no result, and further calls of one try, are within the bound', async (t) => {
  const { gateway, admin } = await startStack(t, {
    config: {
      models: { 'openai/*': { price }, 'claude/*': { price } },
      server: { overload: { loopLagMs: 60_000 } },
      // Both are paid for each time that the first one breaks.
      routes: { two: { targets: ['openai/fault/no-finish%0.7+words-5', 'claude/words-5'] } },
    },
  })
  const client = batchClient(gateway.url)
  const maxUsd = 1.5
  const id = await client.submit(many(60, ['two', 'openai/fault/no-finish%0.4+words-5']), {
    max_usd: `${maxUsd}`,
  })
  const batch = await endOf(client, id)
  // One of two calls may have been made, and the other too dear.
  assertBound(batch, maxUsd, chargedUsd(await ledgerOf(admin), id), 2 * mostOfOneUsd)
})

test('the mark-up of a team counts, and what has no price is refused where a bound is to be kept', async (t) => {
  const stack = await startStack(t, {
    config: {
      models: { 'openai/*': { price } },
      server: { overload: { loopLagMs: 60_000 } },
    },
  })
  const { gateway, admin } = stack
  const owner = asOwner(stack)
  const team = await owner('POST', '/teams', { name: 'resold', markup_percent: 50 })
  const { body: key } = await owner('POST', '/keys', { name: 'customer', team: team.body['id']! })
  const client = batchClient(gateway.url, asString(key['secret'])!)
  const maxUsd = 1.5
  const id = await client.submit(many(30, ['openai/words-5']), { max_usd: `${maxUsd}` })
  const batch = await endOf(client, id)
  assertBound(batch, maxUsd, chargedUsd(await ledgerOf(admin), id), 1.5 * mostOfOneUsd)

  const free = await client.submit(many(2, ['mistral/words-5']), { max_usd: '1' })
  const unpriced = await endOf(client, free)
  assert.deepEqual(unpriced['request_counts'], { total: 2, completed: 0, failed: 2 })
  const [failure] = await client.lines(unpriced['error_file_id'])
  const body = asObject(asObject(failure?.['response'])?.['body'])
  assert.equal(asObject(body?.['error'])?.['code'], 'price_unknown')
  // No price comes of waiting: each was tried once.
  const tries = await until('a record of every try', async () => {
    const all = asArray((await admin('/requests?limit=100&provider=mistral'))['data'])
    return all.length >= 2 ? all : undefined
  })
  assert.equal(tries.length, 2)
})
