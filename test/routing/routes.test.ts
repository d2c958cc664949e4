/** Routes over a real gateway and simulator: keys, conditions, regions, decisions, metrics and the list of providers. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack(
  { after },
  {
    config: (simulatorUrl) => {
      const provider = (rest: JsonObject) => ({
        type: 'openai',
        baseUrl: `${simulatorUrl}/openai/v1`,
        allowPrivateNetwork: true,
        ...rest,
      })
      return {
        allowPlaintextSecrets: true,
        keys: [
          { name: 'test', secret: 'env:WEIR_TEST_KEY' },
          { name: 'bound', secret: 'bound-key-of-16-characters', dataRegion: 'eu' },
        ],
        providers: {
          one: provider({ apiKey: 'env:PROVIDER_KEY' }),
          two: provider({ apiKey: 'env:PROVIDER_KEY' }),
          keyed: provider({
            apiKeys: [
              { alias: 'first', key: 'canary-key-of-the-first' },
              { alias: 'second', key: 'canary-key-of-the-second' },
            ],
          }),
        },
        routes: {
          tagged: { targets: [{ target: 'one/echo', when: { tags: ['batch'] } }, 'inner'] },
          inner: { targets: ['two/echo'] },
          regional: { targets: ['one/echo', { target: 'two/echo', region: 'eu' }] },
          limited: { targets: ['keyed/fault/http-429-s'] },
          refused: { failoverOn: ['context_length'], targets: ['one/fault/context-length', 'two/echo'] },
          prose: { targets: [{ target: 'one/echo', when: { tools: false } }] },
        },
      }
    },
  },
)

interface Told {
  readonly status: number
  readonly provider: string | null
  readonly answer: JsonObject
  readonly record: JsonObject
}

async function ask(body: JsonObject, headers: Readonly<Record<string, string>> = {}): Promise<Told> {
  const messages = [{ role: 'user', content: 'hello' }]
  const response = await stack.post('/v1/chat/completions', { messages, ...body }, headers)
  const answer = asObject((await response.json()) as Json) ?? {}
  const record = await until('the request record', async () => {
    const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['error'] === undefined ? found : undefined
  })
  return { status: response.status, provider: response.headers.get('x-weir-provider'), answer, record }
}

test('a condition decides, a nested route takes the rest, and the record says why', async () => {
  const batch = await ask({ model: 'tagged' }, { 'x-weir-tags': 'batch, nightly' })
  assert.equal(batch.provider, 'one')
  const other = await ask({ model: 'tagged' })
  assert.equal(other.provider, 'two')
  assert.deepEqual(other.record['decision'], {
    strategy: 'ordered',
    reason: 'the only one that can take it',
    candidates: [{ target: 'two/echo' }, { target: 'one/echo', skipped_because: 'when.tags does not hold' }],
  })
})

test('a data region holds, by header and by key, and cannot be escaped by naming a target', async () => {
  assert.equal((await ask({ model: 'regional' })).provider, 'one')
  assert.equal((await ask({ model: 'regional' }, { 'x-weir-data-region': 'eu' })).provider, 'two')
  const bound = { authorization: 'Bearer bound-key-of-16-characters' }
  assert.equal((await ask({ model: 'regional' }, { ...bound, 'x-weir-data-region': 'us' })).provider, 'two')
  const { status, answer } = await ask({ model: 'one/echo' }, bound)
  assert.deepEqual([status, asObject(answer['error'])?.['code']], [400, 'no_eligible_target'])
})

test('what no target of the route can take is refused, with the reason for each', async () => {
  const tools = [
    { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
  ]
  const { status, answer } = await ask({ model: 'prose', tools })
  assert.equal(status, 400)
  assert.match(String(asObject(answer['error'])?.['message']), /one\/echo: when\.tools does not hold/)
})

test('a limit of one key is tried on the other, both are told of by their aliases, and no key is shown', async () => {
  const { status, record } = await ask({ model: 'limited' })
  assert.equal(status, 429)
  const used = asArray(record['attempts']).map((each) => asObject(each)?.['credential'])
  assert.deepEqual(new Set(used), new Set(['first', 'second']))
  const providers = JSON.stringify(await stack.admin('/providers'))
  assert.match(providers, /"credential":"first","breaker":"closed",[^}]*"withheld":"cooling"/)
  assert.ok(!providers.includes('canary'))
  const metrics = await (await fetch(`${stack.gateway.url}/metrics`)).text()
  assert.match(
    metrics,
    /weir_breaker_state\{provider="keyed",model="fault\/http-429-s",credential="second"\} 0/,
  )
  assert.ok(!stack.log.some((line) => line.includes('canary')))
})

test('a prompt that is too long for one moves on where the route says so', async () => {
  const { status, provider, record } = await ask({ model: 'refused' })
  assert.deepEqual([status, provider], [200, 'two'])
  assert.deepEqual(
    asArray(record['attempts']).map((each) => asObject(each)?.['code']),
    ['context_length_exceeded', undefined],
  )
})

test('an unknown priority is refused; a known one is served', async () => {
  assert.equal((await ask({ model: 'inner' }, { 'x-weir-priority': 'batch' })).status, 200)
  const { status, answer } = await ask({ model: 'inner' }, { 'x-weir-priority': 'urgent' })
  assert.deepEqual([status, asObject(answer['error'])?.['param']], [400, 'x-weir-priority'])
})
