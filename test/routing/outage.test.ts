/** P4 and P5 of the promises: a dead provider is absorbed, and an outage is not amplified. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createBlackhole } from '../support/blackhole.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { inParallel } from '../support/until.ts'

const isFull = process.env['WEIR_PROVE'] === '1'
const requests = isFull ? 10_000 : 1_000
const width = 16

const answer = JSON.stringify({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'well' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

/** A provider that can be told to fail. */
interface Patient {
  readonly url: string
  readonly server: Server
  arrivals: number
  status: 200 | 503
}

async function startPatient(t: TestContext): Promise<Patient> {
  const server = createServer((request, response) => {
    patient.arrivals++
    request.resume().on('end', () => {
      response.writeHead(patient.status, { 'content-type': 'application/json' })
      response.end(patient.status === 200 ? answer : '{"error":{"message":"down"}}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const patient: Patient = { url, server, arrivals: 0, status: 200 }
  return patient
}

function startBoth(t: TestContext, first: string, second: string): Promise<Stack> {
  const provider = (baseUrl: string) => ({
    type: 'openai-compatible',
    baseUrl,
    allowPrivateNetwork: true,
  })
  return startStack(t, {
    config: {
      providers: {
        first: { ...provider(first), timeout: { connectMs: 250 } },
        second: provider(second),
      },
      routes: { both: { targets: ['first/m', 'second/m'] }, alone: { targets: ['second/m'] } },
    },
  })
}

interface Told {
  readonly status: number
  readonly attempts: number
  readonly tookMs: number
}

type Model = 'both' | 'alone'

/** Asks so many times of each model, by turns: what the machine does meanwhile is the same for all. */
async function ask<Name extends Model>(
  stack: Stack,
  count: number,
  models: readonly Name[],
): Promise<Record<Name, Told[]>> {
  const told = Object.fromEntries(models.map((model) => [model, []])) as unknown as Record<Name, Told[]>
  const turns = Array.from({ length: count }, () => models).flat()
  await inParallel(turns, width, async (model) => {
    const body = { model, messages: [{ role: 'user', content: 'hello' }] }
    const startMs = performance.now()
    const response = await stack.post('/v1/chat/completions', body)
    await response.arrayBuffer()
    told[model].push({
      status: response.status,
      attempts: Number(response.headers.get('x-weir-attempts')),
      tookMs: performance.now() - startMs,
    })
  })
  return told
}

function p99(told: readonly Told[]): number {
  const sorted = told.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)]!
}

/** At least 99.9 % succeed, and once the breaker is open hardly any request so much as tries the dead target. */
async function isAbsorbed(t: TestContext, stack: Stack): Promise<void> {
  const { both: told, alone } = await ask(stack, requests, ['both', 'alone'])
  const failed = told.filter(({ status }) => status !== 200)
  assert.ok(failed.length <= told.length / 1_000, `${failed.length} of ${told.length} failed`)
  const settled = told.slice(told.length / 5)
  const retried = settled.filter(({ attempts }) => attempts > 1).length
  const addedMs = p99(settled) - p99(alone.slice(alone.length / 5))
  t.diagnostic(`${failed.length} failed, ${retried} retried, p99 ${addedMs.toFixed(1)} ms added`)
  assert.ok(retried <= settled.length / 100, `${retried} of ${settled.length} were retried`)
  if (isFull) assert.ok(addedMs <= 5, `${addedMs} ms were added`)
}

for (const [name, kill] of [
  ['answers 503', (patient: Patient) => (patient.status = 503)],
  [
    'refuses connections',
    (patient: Patient) => {
      patient.server.close()
      patient.server.closeAllConnections()
    },
  ],
] as const) {
  test(`P4: one of two targets ${name}`, async (t) => {
    const [dying, well] = [await startPatient(t), await startPatient(t)]
    const stack = await startBoth(t, dying.url, well.url)
    await ask(stack, requests, ['both'])
    kill(dying)
    await isAbsorbed(t, stack)
  })
}

test('P4: one of two targets is a black hole', async (t) => {
  const well = await startPatient(t)
  const port = await createBlackhole(t)
  await isAbsorbed(t, await startBoth(t, `http://127.0.0.1:${port}/v1`, well.url))
})

test('P5: with every target at 503, attempts stay within 1.2 times the requests and the floor', async (t) => {
  const [one, other] = [await startPatient(t), await startPatient(t)]
  const stack = await startBoth(t, one.url, other.url)
  await ask(stack, 200, ['both'])
  const before = one.arrivals + other.arrivals
  one.status = 503
  other.status = 503
  const startMs = performance.now()
  const { both: told } = await ask(stack, requests, ['both'])
  assert.ok(told.every(({ status }) => status === 503))
  const arrivals = one.arrivals + other.arrivals - before
  // The floor of three comes back every ten seconds.
  const floors = 3 * Math.ceil((performance.now() - startMs) / 10_000)
  t.diagnostic(`${arrivals} attempts at ${requests} requests`)
  assert.ok(arrivals <= requests * 1.2 + floors, `${arrivals} attempts`)
})
