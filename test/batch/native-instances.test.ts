/** Batches at a provider, with two instances that work on them: one upload, one collection, and one line in all books. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { batchClient, chatLine, pollMs } from '../support/batches.ts'
import { type Instances, sharedLines, startInstances } from '../support/instances.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const count = 600
const waitMs = 60_000
const many = (model: string) => Array.from({ length: count }, (_, n) => chatLine(`line-${n}`, model))

test('each line is made once, by one of them, also where that one dies and the other takes over', async (t) => {
  const folder = createTemporaryFolder()
  const instances = await startInstances(t, 2, () => ({ files: { folder } }))
  if (typeof instances === 'string') return t.skip(instances)
  const database = new pg.Client(instances.postgres.url)
  // The server ends before this test does.
  database.on('error', () => undefined)
  await database.connect()
  t.after(() => database.end())
  const client = (at: number) => batchClient(instances.gateways[at]!.url)
  const leaderOf = async (id: string): Promise<number> => {
    const { rows } = await database.query('select leader from batches where id = $1', [id])
    return [0, 1].findIndex((at) => nameOf(instances, at) === rows[0].leader)
  }
  const submit = (at: number, model: string) => client(at).submit(many(model), { native: true })

  const calm = await submit(0, 'openai/fault/batch-takes-1s')
  await assertEnd(instances, 1, calm, 1)

  // It dies when the provider has the batch, and before anything of it is collected.
  const taken = await submit(1, 'openai/fault/batch-takes-3s')
  await until('the batch at the provider', () => (creations(instances) === 2 ? true : undefined), waitMs)
  const dead = await leaderOf(taken)
  instances.gateways[dead]!.child.kill('SIGKILL')
  await instances.gateways[dead]!.exited
  // Its minute is over.
  await database.query('update batches set led_until_ms = 0 where id = $1', [taken])
  await assertEnd(instances, 1 - dead, taken, 2)
  await instances.startAgain(dead)

  // It dies in the middle of the collection: what it had booked and not yet told is booked again, as the same.
  const half = await submit(0, 'openai/fault/batch-takes-1s')
  await until(
    'a part of the results',
    async () => (await doneOf(client(0).get(half))) > 0 || undefined,
    waitMs,
  )
  const second = await leaderOf(half)
  instances.gateways[second]!.child.kill('SIGKILL')
  await instances.gateways[second]!.exited
  await database.query('update batches set led_until_ms = 0 where id = $1', [half])
  await assertEnd(instances, 1 - second, half, 3)
  await instances.startAgain(second)

  const lines = await until(
    'the ledger of both',
    async () => {
      const settled = (await sharedLines(instances)).filter(
        ({ kind, tier }) => kind === 'settle' && tier === 'batch',
      )
      return settled.length >= 3 * count ? settled : undefined
    },
    waitMs,
    500,
  )
  assert.equal(lines.length, 3 * count)
  assert.equal(new Set(lines.map((line) => line['request_id'])).size, 3 * count)
})

async function assertEnd(instances: Instances, at: number, id: string, batches: number): Promise<void> {
  const client = batchClient(instances.gateways[at]!.url)
  const batch = await until(
    'the end of the batch',
    async () => {
      const now = await client.get(id)
      return now['status'] === 'completed' ? now : undefined
    },
    waitMs,
    pollMs,
  )
  assert.deepEqual(batch['request_counts'], { total: count, completed: count, failed: 0 })
  const output = await client.lines(batch['output_file_id'])
  assert.deepEqual(
    output.map((line) => line['custom_id']),
    many('').map((line) => line['custom_id']),
  )
  const receipts = instances.simulator.receipts()
  assert.equal(creations(instances), batches)
  assert.equal(uploads(instances), batches)
  assert.equal(receipts.filter(({ batch: of }) => of !== undefined).length, batches * count)
  assert.equal(receipts.filter(({ path, batch: of }) => path.endsWith('/chat/completions') && !of).length, 0)
}

const posts = ({ simulator }: Instances, path: string) =>
  simulator.receipts().filter((receipt) => receipt.method === 'POST' && receipt.path.endsWith(path)).length
const creations = (instances: Instances) => posts(instances, '/batches')
const uploads = (instances: Instances) => posts(instances, '/files')

async function doneOf(batch: Promise<JsonObject>): Promise<number> {
  return Number(asObject((await batch)['request_counts'])?.['completed'] ?? 0)
}

/** As the batches' rows name it. */
function nameOf({ folderOf }: Instances, at: number): string {
  return readFileSync(join(folderOf(at), 'data', 'instance-id')).toString('hex', 0, 8)
}
