/** A route of two targets absorbs what the first one does wrong, as long as the client has seen nothing of it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { errorTable, type ErrorCode } from '../../src/core/error.ts'
import { asArray, asObject, asString } from '../../src/core/json.ts'
import { clients, type ClientName } from '../support/clients.ts'
import { startStack } from '../support/stack.ts'
import { inParallel, until } from '../support/until.ts'
import { faultRows, hastyTimeouts, type Outcome } from './fault-table.ts'

const clientNames = ['openai-chat', 'anthropic-messages'] as const satisfies readonly ClientName[]

/** A provider of its own for each case: what one case does to a key or a breaker is nothing to the next. */
const caseOf = (fault: string, client: ClientName, stream: boolean) =>
  `${client}-${stream ? 'streamed' : 'whole'}-${fault.replaceAll('+', '-')}`

/** The retry budget allows as many at any time, however little else is going on. */
const retriesAtOnce = 3

const cases = clientNames.flatMap((client) =>
  faultRows.flatMap((row) =>
    [true, false].map((stream) => ({ row, client, stream, name: caseOf(row.fault, client, stream) })),
  ),
)

/** Of another dialect than one of the two clients each: both directions of both paths. */
const stack = await startStack(
  { after },
  {
    config: (simulatorUrl) => {
      const provider = (type: string, path: string) => ({
        type,
        baseUrl: simulatorUrl + path,
        apiKey: 'env:PROVIDER_KEY',
        allowPrivateNetwork: true,
      })
      return {
        // As in the other test of these faults.
        server: { heartbeatMs: 600_000 },
        providers: {
          deepseek: provider('deepseek', '/deepseek/v1'),
          ...Object.fromEntries(cases.map(({ name }) => [name, provider('anthropic', '/anthropic/v1')])),
        },
        routes: Object.fromEntries(
          cases.map(({ name, row: { fault, hasty } }) => {
            const target = fault === 'echo' ? `${name}/echo` : `${name}/fault/${fault}`
            return [
              name,
              { targets: [{ target, ...(hasty && { timeout: hastyTimeouts[hasty] }) }, 'deepseek/echo'] },
            ]
          }),
        ),
      }
    },
  },
)

/** What the first target does to a client, from the table of faults. */
function outcomeOf(told: (typeof faultRows)[number]['stream']): Outcome {
  return typeof told === 'function' ? told('anthropic-messages') : told
}

const mayMove = (code: ErrorCode) => errorTable[code].retry !== 'never'

for (const client of clientNames) {
  test(`${client}: the second target answers where the first one failed unseen`, async (t) => {
    const broken: string[] = []
    let moved = 0
    const own = cases.filter((each) => each.client === client)
    const judge = async ({ row, stream, name }: (typeof cases)[number]) => {
      const { path, body, readStream, readWhole } = clients[client]
      const outcome = outcomeOf(stream ? row.stream : row.whole)
      const text = `over ${row.fault} ${String(stream)} from ${client}: ${'down by the weir the water goes on and on '.repeat(3)}`
      const ask = { model: name, text, stream, maxTokens: row.maxTokens ?? 500 }
      const response = await stack.post(path(ask), body(ask))
      const answer = await response.text()
      const reading = stream && response.ok ? readStream(answer) : readWhole(answer)
      const record = await until('the request record', async () => {
        const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
        return found['error'] === undefined ? found : undefined
      })
      const codes = asArray(record['attempts']).map((each) => asString(asObject(each)?.['code']) ?? 'ok')
      const expect = (what: string, actual: unknown, expected: unknown) => {
        if (actual !== expected) {
          broken.push(
            `${row.fault} ${stream ? 'streamed' : 'whole'}: ${what} is ${String(actual)}, not ${String(expected)} (${codes.join()})`,
          )
        }
      }
      const receipts = stack.simulator.receipts().filter((each) => JSON.stringify(each.body).includes(text))
      expect('number of calls', receipts.length, codes.length)
      if (typeof outcome === 'string' && outcome !== 'ok' && outcome !== 'unproven' && mayMove(outcome)) {
        moved++
        expect('attempts', codes.join(), `${outcome},ok`)
        expect('status', response.status, 200)
        expect('finished', reading.isFinished, true)
        expect('text', reading.text, text)
        expect('provider', response.headers.get('x-weir-provider'), 'deepseek')
        expect('x-weir-attempts', response.headers.get('x-weir-attempts'), '2')
      } else if (typeof outcome === 'string' || 'after' in outcome) {
        // What was empty is tried once more: here by the second target, which has an answer.
        expect('attempts', codes.length, row.attempts ?? 1)
        if (row.attempts) expect('text', reading.text, text)
        expect('finished', reading.isFinished, outcome === 'ok')
      } else if (response.ok && codes.length === 1) {
        expect('finished', reading.isFinished, false) // told in band
      } else expect('attempts', codes.join(), `${outcome.fails},ok`)
    }
    // Those with short deadlines apart: what the others send keeps this process busy.
    await inParallel(
      own.filter(({ row }) => !row.hasty),
      retriesAtOnce,
      judge,
    )
    await inParallel(
      own.filter(({ row }) => row.hasty),
      retriesAtOnce,
      judge,
    )
    t.diagnostic(`${own.length} cases, ${moved} moved to the second target`)
    assert.deepEqual(broken, [])
  })
}

test('when every target is limited, the client gets 429 with the wait of the last', async (t) => {
  const limited = await startStack(t, {
    config: { routes: { both: { targets: ['claude/fault/http-429-go', 'google/fault/http-429-s'] } } },
  })
  const { path, body } = clients['openai-chat']
  const ask = { model: 'both', text: 'hello', stream: true }
  const response = await limited.post(path(ask), body(ask))
  assert.equal(response.status, 429)
  assert.equal(response.headers.get('x-weir-attempts'), '2')
  assert.equal(response.headers.get('x-should-retry'), 'false')
  // F12: the minimum over the targets.
  assert.equal(response.headers.get('retry-after'), '2')
  await response.body?.cancel()
})

test("attempts end at the route's limit", async (t) => {
  const targets = Array.from({ length: 5 }, (_, n) => `openai/fault/http-503+words-${n + 1}`)
  const limited = await startStack(t, { config: { routes: { many: { targets, retry: { attempts: 3 } } } } })
  const { path, body, readWhole } = clients['anthropic-messages']
  const ask = { model: 'many', text: 'hello', stream: false }
  const response = await limited.post(path(ask), body(ask))
  assert.equal(response.status, 503)
  assert.equal(readWhole(await response.text()).error?.code, 'upstream_overloaded')
  assert.equal(limited.simulator.receipts().length, 3)
})
