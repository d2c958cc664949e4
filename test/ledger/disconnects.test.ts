/** Clients that leave in every phase of a call: each call that was made has its one line, and holds nothing back. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { type ClientName, clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const price = { input: 1, output: 4 }

const stack = await startStack(
  { after },
  {
    config: {
      models: {
        'openai/*': { price, maxOutputTokens: 1_000 },
        'claude/*': { price, maxOutputTokens: 1_000 },
        'google/*': { price, maxOutputTokens: 1_000 },
      },
      budgets: [{ scope: 'organisation', usd: 100, period: 'total', cap: 'hard' }],
    },
  },
)

const providers = ['openai', 'claude', 'google'] as const

interface Phase {
  readonly when: string
  readonly model: string
  readonly stream: boolean
  /** Sends no more than this share of the body. */
  readonly sends?: number
  /** The moment at which the client leaves. */
  moment(raw: RawSocket, received: () => number): Promise<unknown>
  /** Absent: all. A provider that bills on is read to its end, which never comes where the head does not. */
  readonly providers?: readonly (typeof providers)[number][]
  /** The sources that a line may have; none where no call was made. */
  readonly sources: readonly string[]
}

const isCalled = (_: RawSocket, received: () => number) =>
  until('the call of the provider', () => (received() > 0 ? true : undefined))

const phases: readonly Phase[] = [
  {
    when: 'before its request is whole',
    model: 'echo',
    stream: true,
    sends: 0.5,
    moment: () => Promise.resolve(),
    sources: [],
  },
  {
    when: 'before the first byte',
    providers: ['openai', 'claude'],
    model: 'fault/ttfb-inf',
    stream: true,
    moment: isCalled,
    sources: ['bound'],
  },
  {
    when: 'before an answer in one piece',
    model: 'fault/ttfb-inf',
    stream: false,
    moment: isCalled,
    sources: ['bound'],
  },
  {
    when: 'in the middle of a stream',
    model: 'slow-4ms',
    stream: true,
    moment: (raw) => raw.saw('river'),
    sources: ['tokenizer', 'partial', 'drained'],
  },
  {
    when: 'as soon as it has all',
    model: 'echo',
    stream: true,
    moment: (raw) => raw.saw('data: '),
    sources: ['provider', 'tokenizer', 'partial', 'drained'],
  },
]

let asked = 0

async function leave(client: ClientName, provider: string, phase: Phase): Promise<void> {
  const user = `leaver-${++asked}`
  const ask = { model: `${provider}/${phase.model}`, text: `${user} asks of the river`, stream: phase.stream }
  const bytes = Buffer.from(
    postBytes(clients[client].path(ask), JSON.stringify(clients[client].body(ask)), {
      authorization: `Bearer ${testKey}`,
      'x-weir-user': user,
    }),
  )
  const calls = () =>
    stack.simulator.receipts().filter(({ body }) => JSON.stringify(body).includes(`${user} `)).length
  const raw = RawSocket.open(
    stack.gateway.url,
    bytes.subarray(0, Math.floor(bytes.length * (phase.sends ?? 1))),
  )
  await phase.moment(raw, calls)
  raw.destroy()
  if (phase.sources.length === 0) return
  const line = await until('the line', async () => {
    const { data } = await stack.admin(`/ledger?user=${user}`)
    return asObject(asArray(data)[0])
  })
  const told = `${client} at ${provider}: ${JSON.stringify(line)}`
  assert.ok(phase.sources.includes(String(line['usage_source'])), told)
  assert.ok(
    Number(line['charged_usd']) > 0 && Number(line['charged_usd']) <= Number(line['reserved_usd']),
    told,
  )
  assert.equal(calls(), 1, told)
}

for (const phase of phases) {
  test(`a client that leaves ${phase.when}`, async () => {
    const clientsOfPhase: ClientName[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini']
    await Promise.all(
      clientsOfPhase.flatMap((client) =>
        (phase.providers ?? providers).map((provider) => leave(client, provider, phase)),
      ),
    )
  })
}

test('each call has one line, nothing is held back, and all of it can be computed again', async () => {
  const proof = await until('the settlements', async () => {
    const found = await stack.admin('/ledger/verify')
    return found['open'] === 0 ? found : undefined
  })
  assert.deepEqual(proof['differences'], [])
  assert.equal(Number(proof['settled']), stack.simulator.receipts().length)
  const [budget] = asArray((await stack.admin('/budgets'))['data'])
  const [state] = asArray(asObject(budget)!['states']) as JsonObject[]
  assert.equal(state!['reserved_usd'], '0')
  assert.equal(state!['spent_usd'], proof['charged_usd'])
})
