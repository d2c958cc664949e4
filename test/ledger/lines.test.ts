/** Every call that a provider received has exactly one line in the ledger, with what the provider billed. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { parseUsd } from '../../src/core/money.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'
import { clientNames, clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack(
  { after },
  {
    config: (url) => ({
      models: {
        'openai/*': { price: { input: 1, output: 4 } },
        'claude/*': { price: { input: 3, output: 15 } },
        'google/*': { price: { input: 0.5, output: 2.5 } },
      },
      routes: {
        twice: { targets: ['openai/fault/empty-completion', 'claude/echo'] },
        pair: { targets: ['openai/fault/http-503', 'claude/echo'] },
      },
      providers: {
        ...providersOf(url),
        dead: { type: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1', allowPrivateNetwork: true },
      },
    }),
  },
)

function providersOf(url: string): JsonObject {
  const provider = (type: string, path: string): JsonObject => ({
    type,
    apiKey: 'env:PROVIDER_KEY',
    baseUrl: url + path,
    allowPrivateNetwork: true,
  })
  return {
    openai: provider('openai', '/openai/v1'),
    claude: provider('anthropic', '/anthropic/v1'),
    google: provider('gemini', '/gemini/v1beta'),
  }
}

// The ledger waits two seconds for the tokenizer, whose tables may take longer to load on a busy machine.
const warm = await stack.post('/v1/messages/count_tokens', {
  model: 'dead/model',
  messages: [{ role: 'user', content: 'hello' }],
})
assert.equal(warm.headers.get('x-weir-estimate'), '1')

/** On a machine with other work, its tables take seconds to load. */
const tokenizerStartMs = 30_000

/** The lines of one request, in the order of its attempts. What has to be counted comes a moment after the answer. */
async function linesOf(requestId: string): Promise<JsonObject[]> {
  const isSettled = async () => ((await stack.admin('/ledger/verify'))['open'] === 0 ? true : undefined)
  await until('the settlements', isSettled, tokenizerStartMs)
  const { data } = await stack.admin(`/ledger?request=${requestId}`)
  return asArray(data)
    .map((line) => asObject(line)!)
    .reverse()
}

let asked = 0

/** Asks once, and gives the lines and the receipts of that request. */
async function ask(
  client: (typeof clientNames)[number],
  model: string,
  stream: boolean,
): Promise<{ response: string; lines: JsonObject[]; receipts: Receipt[] }> {
  const text = `question ${++asked} about the river and the weir`
  const call = { model, text, stream }
  const response = await stack.post(clients[client].path(call), clients[client].body(call))
  const body = await response.text()
  const lines = await linesOf(response.headers.get('x-weir-request-id')!)
  const receipts = stack.simulator
    .receipts()
    .filter((receipt) => JSON.stringify(receipt.body).includes(`question ${asked} `))
  return { response: body, lines, receipts }
}

const tokensOf = (line: JsonObject | undefined) => [line?.['input_tokens'], line?.['output_tokens']]
const billedOf = ({ billed }: Receipt) => [billed?.inputTokens, billed?.outputTokens]

for (const client of clientNames) {
  for (const stream of client === 'gemini-array' ? [true] : [false, true]) {
    test(`${client}, ${stream ? 'streamed' : 'whole'}: one line, with the provider's own counts`, async () => {
      for (const provider of ['openai', 'claude', 'google']) {
        const { lines, receipts } = await ask(client, `${provider}/echo`, stream)
        assert.equal(receipts.length, 1)
        assert.equal(lines.length, 1, `${provider}: ${JSON.stringify(lines)}`)
        const line = lines[0]!
        assert.deepEqual(tokensOf(line), billedOf(receipts[0]!))
        assert.deepEqual(
          [
            line['kind'],
            line['usage_source'],
            line['flags'],
            line['provider'],
            line['model'],
            line['stream'],
          ],
          ['settle', 'provider', [], provider, 'echo', stream],
        )
        assert.ok(Number(line['charged_usd']) > 0)
        assert.ok(Number(line['reserved_usd']) >= Number(line['charged_usd']))
      }
    })
  }
}

test('each attempt has a line: the refused one costs nothing, the answer what it used', async () => {
  const { lines, receipts } = await ask('openai-chat', 'pair', false)
  assert.equal(receipts.length, 2)
  assert.deepEqual(
    lines.map((line) => [
      line['attempt'],
      line['provider'],
      line['code'],
      line['usage_source'],
      line['route'],
    ]),
    [
      [1, 'openai', 'upstream_overloaded', 'none', 'pair'],
      [2, 'claude', undefined, 'provider', 'pair'],
    ],
  )
  assert.equal(lines[0]!['charged_usd'], '0')
})

test("the gateway's own calls are told what the ledger has, over all attempts", async () => {
  const turns = [{ role: 'user', parts: [{ type: 'text', text: 'hello' }] }] as const
  const asked = await stack.gateway.ask({ request: { model: 'twice', stream: false, turns }, cache: 'off' })
  const lines = await linesOf(asked.requestId)
  assert.ok(lines.filter((line) => Number(line['charged_usd']) > 0).length > 1, JSON.stringify(lines))
  const charged = lines.reduce((sum, line) => sum + parseUsd(String(line['charged_usd']))!, 0)
  assert.equal(asked.chargedNanoUsd, charged)
})

test('an attempt that reached nobody is void', async () => {
  const { lines } = await ask('openai-chat', 'dead/model', false)
  assert.ok(lines.length > 0)
  for (const line of lines) assert.deepEqual([line['kind'], line['charged_usd']], ['void', '0'])
})

for (const fault of [
  'usage-missing',
  'usage-zero',
  'usage-negative',
  'usage-huge',
  'usage-string',
  'usage-inf',
]) {
  test(`${fault}: the counts are estimated, and marked as that`, async () => {
    for (const stream of [false, true]) {
      const { lines, receipts } = await ask('openai-chat', `openai/fault/${fault}`, stream)
      assert.equal(lines.length, 1)
      const [line] = lines
      assert.equal(line!['usage_source'], 'tokenizer', JSON.stringify(line))
      assert.ok(asArray(line!['flags']).includes('estimate'))
      const [input = 0, output = 0] = billedOf(receipts[0]!)
      const [countedInput, countedOutput] = tokensOf(line).map(Number)
      // The simulator counts words, the tokenizer pieces of them.
      assert.ok(countedInput! > input / 3 && countedInput! < input * 3 + 20, `${countedInput} for ${input}`)
      assert.ok(
        countedOutput! > output / 3 && countedOutput! < output * 3 + 20,
        `${countedOutput} for ${output}`,
      )
    }
  })
}

for (const fault of ['rst-after-3', 'no-finish', 'err-event-after-3', 'bad-json-at-3']) {
  test(`${fault}: what came before the break is settled`, async () => {
    for (const provider of ['openai', 'claude', 'google']) {
      const { lines } = await ask('openai-chat', `${provider}/fault/${fault}`, true)
      const [line] = lines
      assert.equal(lines.length, 1, JSON.stringify(lines))
      assert.ok(['tokenizer', 'partial'].includes(asString(line!['usage_source'])!), JSON.stringify(line))
      assert.ok(Number(line!['output_tokens']) > 0, JSON.stringify(line))
      assert.ok(asString(line!['code'])?.startsWith('upstream_'))
    }
  })
}

test('a client that leaves in the middle of a stream has a settled line, whether the provider bills on or not', async () => {
  for (const [provider, source] of [
    ['openai', 'tokenizer'],
    ['google', 'drained'],
  ]) {
    const user = `gone-from-${provider}`
    const call = { model: `${provider}/slow-10ms`, text: 'tell of the river and the weir', stream: true }
    const { path, body } = clients['openai-chat']
    const raw = RawSocket.open(
      stack.gateway.url,
      postBytes(path(call), JSON.stringify(body(call)), {
        authorization: `Bearer ${testKey}`,
        'x-weir-user': user,
      }),
    )
    await raw.saw('river')
    raw.destroy()
    const look = async () => asObject(asArray((await stack.admin(`/ledger?user=${user}`))['data'])[0])
    const line = await until('the line', look, tokenizerStartMs)
    assert.deepEqual([line['usage_source'], line['code']], [source, 'client_gone'])
    assert.ok(asArray(line['flags']).includes('client_cancelled'))
    assert.ok(Number(line['output_tokens']) > 0)
  }
})

test('embeddings, and what is forwarded, have their lines', async () => {
  const embedded = await stack.post('/v1/embeddings', { model: 'openai/embed', input: ['a', 'b c'] })
  const [line] = await linesOf(embedded.headers.get('x-weir-request-id')!)
  assert.deepEqual([line?.['operation'], line?.['usage_source']], ['embed', 'provider'])
  const passed = await stack.post('/providers/openai/chat/completions', {
    model: 'echo',
    stream: true,
    messages: [{ role: 'user', content: 'hello' }],
  })
  assert.match(await passed.text(), /\[DONE\]/)
  const [other] = await linesOf(passed.headers.get('x-weir-request-id')!)
  assert.deepEqual([other?.['operation'], other?.['usage_source']], ['forward', 'provider'])
})

test('counting tokens costs nothing and has no line', async () => {
  const counted = await stack.post('/v1/messages/count_tokens', {
    model: 'claude/echo',
    messages: [{ role: 'user', content: 'hello' }],
  })
  assert.deepEqual(await linesOf(counted.headers.get('x-weir-request-id')!), [])
})

test('all of it can be computed again, and nothing is open', async () => {
  const proof = await stack.admin('/ledger/verify')
  assert.deepEqual([proof['differences'], proof['open']], [[], 0], JSON.stringify(proof))
  assert.ok(Number(proof['settled']) > 20)
})
