/** A line that ends its process each time that it is under way: it has an error in the end, and the others their answers. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { serveProcess } from '../support/process.ts'
import { adminToken, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** More than are claimed at once. */
const lines = 160
/** Until it is a suspect, once with others, and twice alone. */
const mostCalls = 5

test('a line that kills its process is given up after a few, and takes no other with it', async (t) => {
  const simulator = createSimulator({})
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const folder = createTemporaryFolder()
  const serve = () =>
    serveProcess(t, folder, configOf(url), {
      WEIR_TEST_KEY: testKey,
      WEIR_ADMIN_TOKEN: adminToken,
      PROVIDER_KEY: 'provider-key-canary-0123456789',
    })
  const poisonCalls = () =>
    simulator.receipts().filter(({ body }) => JSON.stringify(body).includes('I am poison'))

  let gateway = await serve()
  const others = Array.from({ length: lines }, (_, n) => chatLine(`line-${n}`, 'openai/slow-2ms'))
  const id = await batchClient(gateway.url).submit([
    ...others.slice(0, 3),
    chatLine('poison', 'openai/slow-500ms'),
    ...others.slice(3),
  ])
  const isOver = async () => (await batchClient(gateway.url).get(id))['status'] === 'completed'
  for (let calls = 0; ;) {
    const next = await until(
      'the line, or the end',
      async () => {
        if (poisonCalls().length > calls) return 'kill'
        return (await isOver()) ? 'end' : undefined
      },
      60_000,
    )
    if (next === 'end') break
    calls = poisonCalls().length
    assert.ok(calls <= mostCalls, `${calls} processes`)
    gateway.child.kill('SIGKILL')
    await gateway.exited
    gateway = await serve()
  }

  const client = batchClient(gateway.url)
  const batch = await client.get(id)
  assert.deepEqual(batch['request_counts'], { total: lines + 1, completed: lines, failed: 1 })
  const answered = await client.lines(batch['output_file_id'])
  assert.deepEqual(
    answered.map((line) => line['custom_id']),
    others.map((line) => line['custom_id']),
  )
  const [failure, ...more] = await client.lines(batch['error_file_id'])
  assert.deepEqual([failure?.['custom_id'], more], ['poison', []])
  assert.match(asString(asObject(failure?.['error'])?.['message']) ?? '', /each time that the gateway ended/)

  // Each time that it was sent is in the ledger, and nothing is left open.
  const admin = async (path: string) => {
    const headers = { authorization: `Bearer ${adminToken}` }
    return (await (await fetch(`${gateway.url}/admin/v1${path}`, { headers })).json()) as JsonObject
  }
  const ledger = asArray((await admin('/ledger?limit=1000&model=slow-500ms'))['data'])
  const settled = ledger.filter((line) => asObject(line)?.['kind'] === 'settle')
  assert.equal(settled.length, poisonCalls().length)
  assert.equal(settled.length, mostCalls)
  const proof = await admin('/ledger/verify')
  assert.deepEqual([proof['differences'], proof['open']], [[], 0])
})

function configOf(url: string): JsonObject {
  return {
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    log: { level: 'warn' },
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    batches: { concurrency: 8 },
    server: { overload: { loopLagMs: 60_000 } },
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
