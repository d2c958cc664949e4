/** F43, F44: providers that count wrong. Each call has its one line, with counts that can be true, and says which it did not believe. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asNumber, asObject, type JsonObject } from '../../src/core/json.ts'
import { clients } from '../support/clients.ts'
import { startStack } from '../support/stack.ts'
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
      budgets: [{ scope: 'organisation', usd: 1, period: 'total', cap: 'hard' }],
    },
  },
)

const providers = ['openai', 'claude', 'google'] as const
const maxTokens = 200

/** `counted`: the tokenizer's word stands, and the line says so; `suspect`: and that the provider's could not be true. */
const faults = [
  ['usage-missing', ['counted']],
  ['usage-null', ['counted']],
  ['usage-string', ['counted', 'suspect', 'told']],
  ['usage-zero', ['suspect']],
  ['usage-negative', ['suspect', 'counted']],
  ['usage-huge', ['suspect', 'counted']],
  ['usage-inf', ['suspect', 'counted']],
  ['usage-twice', ['told']],
  ['usage-cumulative', ['told']],
] as const

let asked = 0

async function lineOf(provider: string, fault: string, stream: boolean): Promise<JsonObject> {
  const user = `asker-${++asked}`
  const ask = { model: `${provider}/fault/${fault}`, text: 'of the river', stream, maxTokens }
  const response = await stack.post(clients['openai-chat'].path(ask), clients['openai-chat'].body(ask), {
    'x-weir-user': user,
  })
  await response.text()
  // The tokenizer may have to start first.
  const look = async () => asObject(asArray((await stack.admin(`/ledger?user=${user}`))['data'])[0])
  return until('the line', look, 30_000)
}

function verdictOf(line: JsonObject): 'told' | 'counted' | 'suspect' {
  const flags = asArray(line['flags'])
  if (flags.includes('usage_suspect')) return 'suspect'
  return flags.includes('estimate') ? 'counted' : 'told'
}

for (const [fault, verdicts] of faults) {
  test(`${fault}: what is booked can be true, and the line says whose word it is`, async () => {
    for (const provider of providers) {
      for (const stream of [false, true]) {
        const line = await lineOf(provider, fault, stream)
        const told = `${provider}, ${stream ? 'streamed' : 'whole'}: ${JSON.stringify(line)}`
        const [input, output] = [asNumber(line['input_tokens'])!, asNumber(line['output_tokens'])!]
        assert.ok((verdicts as readonly string[]).includes(verdictOf(line)), told)
        assert.ok(Number.isSafeInteger(input) && input > 0 && input < 2_000, told)
        assert.ok(Number.isSafeInteger(output) && output > 0 && output <= maxTokens * 1.05 + 64, told)
        assert.ok(
          Number(line['charged_usd']) > 0 && Number(line['charged_usd']) <= Number(line['reserved_usd']),
          told,
        )
      }
    }
  })
}

test('none of it has moved a budget by more than its lines, and all of it can be computed again', async () => {
  const proof = await until('the settlements', async () => {
    const found = await stack.admin('/ledger/verify')
    return found['open'] === 0 ? found : undefined
  })
  assert.deepEqual(proof['differences'], [])
  assert.equal(Number(proof['settled']), stack.simulator.receipts().length)
  const [budget] = asArray((await stack.admin('/budgets'))['data'])
  const [state] = asArray(asObject(budget)!['states']) as JsonObject[]
  assert.deepEqual([state!['reserved_usd'], state!['spent_usd']], ['0', proof['charged_usd']])
})
