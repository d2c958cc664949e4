/** Limits that a provider tells of with its answers: batches keep within them, with each key by itself. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const keys = { large: 'large-provider-key-0123456789', small: 'small-provider-key-0123456789' }
const fingerprintOf = (key: string) => createHash('sha256').update(key).digest('hex').slice(0, 16)
const requests = { large: 60, small: 15 }
const many = (count: number, model: string) =>
  Array.from({ length: count }, (_, n) => chatLine(`line-${n}`, model))

const provider = (simulatorUrl: string, type: string, path: string): JsonObject => ({
  type,
  baseUrl: simulatorUrl + path,
  allowPrivateNetwork: true,
  apiKeys: [
    { alias: 'large', key: 'env:LARGE_KEY' },
    { alias: 'small', key: 'env:SMALL_KEY' },
  ],
})

const env = { LARGE_KEY: keys.large, SMALL_KEY: keys.small }
const requestsOf = (credential: string) =>
  credential === fingerprintOf(keys.large) ? requests.large : requests.small

for (const [name, type, path, perMs] of [
  ['x-ratelimit-*', 'openai', '/openai/v1', 2000],
  // Times are told in whole seconds.
  ['anthropic-ratelimit-*', 'anthropic', '/anthropic/v1', 5000],
] as const) {
  test(`${name}: two keys with limits of their own are both used, and nearly never refused`, async (t) => {
    const { gateway, simulator, admin } = await startStack(t, {
      config: (url) => ({ providers: { ours: provider(url, type, path) } }),
      env,
      simulator: { limitOf: ({ credential }) => ({ requests: requestsOf(credential), perMs }) },
    })
    const client = batchClient(gateway.url)
    // Twice what both let through at once.
    const count = 2 * (requests.large + requests.small)
    const batch = await client.ended(await client.submit(many(count, 'ours/slow-10ms')))
    assert.deepEqual(asObject(batch['request_counts']), { total: count, completed: count, failed: 0 })

    const receipts = simulator.receipts()
    const refused = receipts.filter(({ status }) => status === 429).length
    assert.ok(refused <= count * 0.02, `${refused} of ${receipts.length} were refused`)
    const by = (key: string) => receipts.filter(({ credential }) => credential === fingerprintOf(key)).length
    const ratio = by(keys.large) / by(keys.small)
    assert.ok(ratio > 2.5 && ratio < 8, `${by(keys.large)} with one key, ${by(keys.small)} with the other`)
    const lanes = asArray((await admin('/batch-lanes'))['data']).map((lane) => asObject(lane)?.['name'])
    assert.deepEqual(new Set(lanes), new Set(['ours large', 'ours small']))
    t.diagnostic(
      `${refused} of ${receipts.length} refused; ${by(keys.large)} and ${by(keys.small)} with the two keys; ` +
        `${(usedShare(receipts, perMs) * 100).toFixed(0)} % of what both allowed in that time`,
    )
  })
}

test('a key that is refused again and again does not hold up the other', async (t) => {
  const { gateway, simulator } = await startStack(t, {
    config: (url) => ({ providers: { ours: provider(url, 'openai', '/openai/v1') } }),
    env,
    simulator: {
      limitOf: ({ credential }) =>
        credential === fingerprintOf(keys.small) ? { requests: 1, perMs: 3_600_000 } : undefined,
    },
  })
  const client = batchClient(gateway.url)
  const batch = await client.ended(await client.submit(many(100, 'ours/echo')))
  assert.deepEqual(asObject(batch['request_counts']), { total: 100, completed: 100, failed: 0 })
  const refused = simulator.receipts().filter(({ status }) => status === 429)
  assert.ok(refused.length <= 8, `${refused.length} were refused: more than began at once`)
})

test('a caller at its own limit does not hold up the lines of another', async (t) => {
  const { gateway } = await startStack(t, {
    config: {
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'held', secret: 'env:HELD_KEY', limits: { rpm: 1 } },
      ],
    },
    env: { HELD_KEY: 'held-key-of-16-characters' },
  })
  const held = batchClient(gateway.url, 'held-key-of-16-characters')
  const heldId = await held.submit(many(20, 'openai/echo'))
  await until('its first answer', async () => {
    const counts = asObject((await held.get(heldId))['request_counts'])
    return counts?.['completed'] === 1 ? true : undefined
  })
  const free = batchClient(gateway.url)
  const batch = await free.ended(await free.submit(many(200, 'openai/echo')))
  assert.equal(asObject(batch['request_counts'])?.['completed'], 200)
  assert.equal(asObject((await held.get(heldId))['request_counts'])?.['completed'], 1)
  await held.request(`/v1/batches/${heldId}/cancel`, { method: 'POST' })
  await held.ended(heldId)
})

/** Of the calls that were answered. */
function usedShare(receipts: readonly Receipt[], perMs: number): number {
  const times = receipts.map(({ atMs }) => atMs)
  const tookMs = Math.max(...times) - Math.min(...times)
  const allowed = (requests.large + requests.small) * (1 + tookMs / perMs)
  return receipts.filter(({ status }) => status < 300).length / allowed
}
