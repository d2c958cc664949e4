/** Every fault of a provider, for clients of every dialect, from providers of their own dialect and of others. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { errorTable, type ErrorCode } from '../../src/core/error.ts'
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../src/core/json.ts'
import { batchFaultTable } from '../../src/simulator/batch/faults.ts'
import { faults } from '../../src/simulator/faults.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'
import { type ClientName, clientNames, clients, type Reading } from '../support/clients.ts'
import { assertOnPage, tableLines } from '../support/conformance-page.ts'
import { type SourceName, sourceNames, sourceProviders } from '../support/sources.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { inParallel, until } from '../support/until.ts'
import { type FaultRow, faultRows, hastyTimeouts, type Outcome } from './fault-table.ts'

const isFull = process.env['WEIR_PROVE'] === '1'

/** Of dialects that no client speaks: one client each stands for all. */
const others: Partial<Record<ClientName, SourceName>> = {
  'openai-chat': 'ollama-chat',
  'gemini-array': 'cohere-chat',
}

/** The providers that a client is tried with: of its own dialect and another one or two; all of them in the full run. */
function sourcesFor(client: ClientName): readonly SourceName[] {
  if (isFull) return sourceNames
  const own = sourceNames.indexOf(dialectOf(client))
  const other = others[client]
  return [sourceNames[own]!, sourceNames[own + 1]!, ...(other ? [other] : [])]
}

const dialectOf = (client: ClientName): SourceName => (client === 'gemini-array' ? 'gemini' : client)

const provide = (more: JsonObject) => (simulatorUrl: string) => ({
  // What is sent to keep a stream alive, where an answer of 100 MB takes long, is the status 200 too.
  server: { heartbeatMs: 600_000 },
  providers: sourceProviders((path) => simulatorUrl + path, more),
})

/** Deadlines that no answer here meets by chance, and deadlines that run out in a test. */
const patient = await startStack({ after }, { config: provide({}) })
const hasty = {
  first: await startStack({ after }, { config: provide({ timeout: hastyTimeouts.first }) }),
  idle: await startStack({ after }, { config: provide({ timeout: hastyTimeouts.idle }) }),
}

const words = 'the river carries what the gate lets through and a weir measures it on its way down to the sea'

interface Case {
  readonly row: FaultRow
  readonly client: ClientName
  readonly source: SourceName
  readonly stream: boolean
  readonly text: string
  readonly stack: Stack
}

let made = 0

function casesOf(client: ClientName, source: SourceName): Case[] {
  return faultRows.flatMap((row) =>
    (client === 'gemini-array' ? [true] : [true, false]).map((stream) => ({
      row,
      client,
      source,
      stream,
      text: `case-${++made}- ${words}`,
      stack: row.hasty ? hasty[row.hasty] : patient,
    })),
  )
}

test('every fault of single requests that the simulator offers has a row', () => {
  const named = faultRows.flatMap(({ fault }) => fault.split('+'))
  const without = [...faults.keys()].filter(
    (name) =>
      !(name in batchFaultTable) && !named.some((term) => term === name || term.startsWith(`${name}-`)),
  )
  assert.deepEqual(
    without,
    ['http-429'].filter((name) => without.includes(name)),
  )
})

/** Pairs of client and provider of which every case held. */
let proven = 0

for (const client of clientNames) {
  for (const source of sourcesFor(client)) {
    test(`faults of ${source} as ${client} sees them`, async (t) => {
      const broken: string[] = []
      const cases = casesOf(client, source)
      // Those with short deadlines apart: what the others send keeps this process busy.
      const judgeEach = async (each: Case) => {
        const found = await judge(each).catch((error: unknown) => [String(error)])
        broken.push(
          ...found.map((fault) => `${each.row.fault} ${each.stream ? 'streamed' : 'whole'}: ${fault}`),
        )
      }
      await inParallel(
        cases.filter(({ row }) => !row.hasty),
        16,
        judgeEach,
      )
      await inParallel(
        cases.filter(({ row }) => row.hasty),
        16,
        judgeEach,
      )
      t.diagnostic(`${cases.length} cases`)
      assert.deepEqual(broken, [])
      proven++
    })
  }
}

test('docs/conformance.md has these counts', () => {
  assert.equal(proven, clientNames.flatMap(sourcesFor).length, 'pairs without a failure')
  const rows = clientNames.map((client) => [
    client,
    ...sourceNames.map((source) => String(casesOf(client, source).length)),
  ])
  assertOnPage('faults', [
    `${faultRows.length} faults.`,
    '',
    ...tableLines(['client \\ provider', ...sourceNames], rows),
  ])
})

/** Asks, and compares what came to the client, the record and the receipts with the row. */
async function judge(each: Case): Promise<string[]> {
  const { row, client, source, stream, text, stack } = each
  const { path, body, readStream, readWhole } = clients[client]
  const ask = {
    model: `${source}/${row.fault === 'echo' ? 'echo' : `fault/${row.fault}`}`,
    text,
    stream,
    maxTokens: row.maxTokens ?? 500,
    ...(row.tools && { tools: true }),
  }
  const response = await stack.post(path(ask), body(ask))
  const answer = await response.text()
  const isStream = stream && response.status === 200
  const reading = isStream ? readStream(answer) : readWhole(answer)
  const told = stream ? row.stream : row.whole
  const outcome = typeof told === 'function' ? told(source) : told
  const record = await until('the request record', async () => {
    const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['error'] === undefined ? found : undefined
  })
  const receipts = stack.simulator.receipts().filter((receipt) => JSON.stringify(receipt.body).includes(text))
  const judged = { each, outcome, response, reading, record, receipts }
  return [...faultsOfAnswer(judged), ...faultsOfRecord(judged), ...faultsOfReceipts(judged)]
}

interface Judged {
  readonly each: Case
  readonly outcome: Outcome
  readonly response: Response
  readonly reading: Reading
  readonly record: JsonObject
  readonly receipts: readonly Receipt[]
}

const codeOf = (outcome: Outcome): ErrorCode | undefined => {
  if (outcome === 'ok' || outcome === 'unproven') return undefined
  if (typeof outcome === 'string') return outcome
  return 'after' in outcome ? outcome.after : outcome.fails
}

function faultsOfAnswer({ each, outcome, response, reading }: Judged): string[] {
  const { row, client, stream, text, source } = each
  const found: string[] = []
  const expect = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected)
      found.push(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`)
  }
  expect('garbled', reading.garbled, undefined)
  if (outcome === 'ok' || outcome === 'unproven') {
    expect('status', response.status, 200)
    expect('error', reading.error?.code, undefined)
    if (outcome === 'ok') expect('finished', reading.isFinished, true)
    if (row.text !== 'any') expect('text', reading.text, row.text === 'none' ? '' : text)
    if (client === 'openai-chat' && stream) expect('[DONE]', reading.isClosed, true)
    return found
  }
  const code = codeOf(outcome)!
  if (typeof outcome === 'string') {
    expect('status', response.status, row.status ?? errorTable[outcome].status)
    expect('x-should-retry', response.headers.get('x-should-retry'), 'false')
    const waits =
      typeof row.retryAfterSeconds === 'function'
        ? row.retryAfterSeconds(source)
        : (row.retryAfterSeconds ?? [])
    const told = response.headers.get('retry-after')
    if (waits.length === 0) expect('retry-after', told, null)
    else if (!waits.includes(Number(told ?? Number.NaN)))
      found.push(`retry-after is ${told}, not ${waits.join(' or ')}`)
  } else if ('after' in outcome) {
    expect('status', response.status, 200)
    if (!row.text && !text.startsWith(reading.text)) found.push(`text is ${reading.text}`)
  }
  if (reading.error === undefined) found.push('no error was told')
  else if (!row.isToldByProvider) expect('code', reading.error.code, code)
  expect('finished', reading.isFinished, false)
  expect('[DONE]', reading.isClosed, false)
  return found
}

function faultsOfRecord({ each, outcome, record }: Judged): string[] {
  const found: string[] = []
  const expect = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected)
      found.push(`the record's ${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`)
  }
  const code = codeOf(outcome)
  const attempts = asArray(record['attempts']).map((attempt) => asObject(attempt) ?? {})
  expect('code', record['code'], code)
  expect('client_gone', record['client_gone'], false)
  expect('number of attempts', attempts.length, each.row.attempts ?? 1)
  expect("attempt's code", attempts[0]?.['code'], code)
  if (each.row.finish !== undefined) expect('finish', record['finish'], each.row.finish)
  const usage = asObject(record['usage'] ?? null)
  for (const [name, count] of Object.entries(usage ?? {})) {
    if (isObject(count) || asString(count) !== undefined) continue
    if (!Number.isSafeInteger(count) || (asNumber(count) ?? -1) < 0)
      found.push(`usage has ${name} ${String(count)}`)
  }
  if (outcome === 'ok' && each.row.usage === 'absent') expect('usage', usage, undefined)
  return found
}

function faultsOfReceipts({ each, outcome, record, receipts }: Judged): string[] {
  const [receipt] = receipts
  if (!receipt || receipts.length !== (each.row.attempts ?? 1))
    return [`the provider saw ${receipts.length} requests`]
  if (outcome !== 'ok' || each.row.usage !== undefined) return []
  const usage = asObject(record['usage'] ?? null)
  const billed = receipt.billed
  const isEqual =
    usage?.['input_tokens'] === billed?.inputTokens && usage?.['output_tokens'] === billed?.outputTokens
  return isEqual ? [] : [`usage is ${JSON.stringify(usage)}, billed was ${JSON.stringify(billed)}`]
}
