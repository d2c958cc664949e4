/** How batches end, by time or by the failure of a target, who goes before them, and what of them is told live. */

import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { asObject, asString, type JsonObject, parseJson } from '../../src/core/json.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const many = (count: number, model: string) =>
  Array.from({ length: count }, (_, n) => chatLine(`line-${n}`, model))

/** Turns the clock for one row. */
function change({ configFile }: Stack, text: string, ...values: readonly (string | number)[]): void {
  const database = new DatabaseSync(join(dirname(configFile), 'data', 'weir.db'))
  database.prepare(text).run(...values)
  database.close()
}

test('when its time is over, what was answered is kept, and the rest is told as expired', async (t) => {
  const stack = await startStack(t, { config: { batches: { concurrency: 2 } } })
  const client = batchClient(stack.gateway.url)
  const id = await client.submit(many(200, 'openai/slow-10ms'), {
    completion_window: '1h',
    output_expires_after: { anchor: 'created_at', seconds: 7200 },
  })
  const made = await client.get(id)
  assert.equal(Number(made['expires_at']) - Number(made['created_at']), 3600)
  await until('the first answers', async () => {
    const counts = asObject((await client.get(id))['request_counts'])
    return Number(counts?.['completed']) > 1 ? true : undefined
  })
  change(stack, 'update batches set expires_at_ms = 1 where id = ?', id)
  const batch = await client.ended(id)
  assert.equal(batch['status'], 'expired')
  assert.ok(Number(batch['expired_at']) > 0)
  const [answered, left] = [
    await client.lines(batch['output_file_id']),
    await client.lines(batch['error_file_id']),
  ]
  assert.equal(asObject(batch['request_counts'])?.['completed'], answered.length)
  assert.equal(answered.length + left.length, 200)
  assert.ok(left.every(({ error }) => asObject(error)?.['code'] === 'batch_expired'))

  // Its files have an end too.
  const output = asString(batch['output_file_id'])!
  const file = (await (await client.request(`/v1/files/${output}`)).json()) as JsonObject
  assert.equal(Number(file['expires_at']) - Number(file['created_at']), 7200)
  change(stack, 'update files set expires_at_ms = 1 where id = ?', output)
  assert.equal((await client.request(`/v1/files/${output}`)).status, 404)
  assert.equal((await client.request(`/v1/files/${output}/content`)).status, 404)
})

test('lines fail over as any request does, and go on by the target that answers', async (t) => {
  const { gateway, simulator } = await startStack(t, {
    config: { routes: { safe: { targets: ['openai/fault/http-500', 'claude/echo'] } } },
  })
  const client = batchClient(gateway.url)
  const batch = await client.ended(await client.submit(many(20, 'safe')))
  assert.deepEqual(asObject(batch['request_counts']), { total: 20, completed: 20, failed: 0 })
  const paths = simulator.receipts().map(({ path }) => path)
  assert.equal(paths.filter((path) => path.startsWith('/anthropic/')).length, 20)
})

test('interactive requests go before the lines of a batch that wait for the same provider', async (t) => {
  const { gateway, simulator, post } = await startStack(t, {
    config: (url) => ({
      providers: {
        openai: {
          type: 'openai',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${url}/openai/v1`,
          allowPrivateNetwork: true,
          concurrency: { max: 1, queue: 256, maxWaitMs: 60_000 },
        },
      },
    }),
  })
  const client = batchClient(gateway.url)
  const id = await client.submit(many(60, 'openai/slow-5ms'))
  await until('its beginning', () => (simulator.receipts().length > 2 ? true : undefined), 30_000)
  const before = simulator.receipts().length
  const answer = await post('/v1/chat/completions', {
    model: 'openai/echo',
    stream: true,
    messages: [{ role: 'user', content: 'I cannot wait' }],
  })
  assert.equal(answer.status, 200)
  await answer.text()
  const place = simulator.receipts().findIndex(({ model }) => model === 'echo') - before
  // The one under way, and one that began while the request came.
  assert.ok(place <= 4, `${place} lines went before it`)
  await client.request(`/v1/batches/${id}/cancel`, { method: 'POST' })
  await client.ended(id)
})

test('whoever watches is told live how far a batch is, to its end', async (t) => {
  const { gateway } = await startStack(t)
  const watching = new AbortController()
  const events = await fetch(`${gateway.url}/admin/v1/events`, {
    headers: { authorization: `Bearer ${adminToken}` },
    signal: watching.signal,
  })
  const client = batchClient(gateway.url)
  const id = await client.submit(many(5, 'openai/echo'))
  const told: JsonObject[] = []
  let text = ''
  for await (const chunk of events.body!) {
    text += Buffer.from(chunk).toString()
    told.splice(0, told.length, ...eventsIn(text).filter((event) => event['id'] === id))
    if (told.at(-1)?.['status'] === 'completed') break
  }
  watching.abort()
  assert.deepEqual([told.at(-1)?.['completed'], told.at(-1)?.['total']], [5, 5])
  assert.ok(told.some(({ status }) => status === 'in_progress'))
})

/** What was told of batches. */
function eventsIn(text: string): JsonObject[] {
  return [...text.matchAll(/^event: batch\ndata: (.*)\n\n/gm)].map(
    ([, data]) => asObject(parseJson(data!)) ?? {},
  )
}
