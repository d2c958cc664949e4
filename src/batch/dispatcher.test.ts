/** A dispatcher over a queue in memory: what cannot be done is not tried for ever, and holds nothing up. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { type Json, parseJson } from '../core/json.ts'
import { type Batch, noUsage } from './batch.ts'
import { Dispatcher } from './dispatcher.ts'
import { openFileFolder } from './file-folder.ts'
import type { Claim } from './port.ts'
import type { NewResult } from './result-log.ts'
import { createTryLine, type MakeRequest } from './try-line.ts'
import { plainBatch } from '../../test/support/plain-batch.ts'

const maxTries = 3
const worstNanoUsd = 100
const textOf = (id: string) =>
  JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { model: 'm' } })

/** Lines that are given back come again at once, whenever they are due. */
function run(
  t: TestContext,
  texts: readonly string[],
  makeRequest: MakeRequest,
  file = texts.join('\n'),
  maxNanoUsd?: number,
) {
  const root = createTemporaryFolder()
  const folder = openFileFolder(root)
  writeFileSync(join(root, 'file-1'), file)
  let offset = 0
  const waiting = texts.map((text, index): Claim => {
    const claim = { line: index + 1, offset, bytes: Buffer.byteLength(text), tries: 0, crashes: 0 }
    offset += claim.bytes + 1
    return claim
  })
  const places = new Map(waiting.map((claim) => [claim.line, claim]))
  const results: NewResult[] = []
  const errors: unknown[] = []
  const spent: number[] = []
  const begun: Batch = { ...batch, total: texts.length, ...(maxNanoUsd !== undefined && { maxNanoUsd }) }
  const stops: unknown[] = []
  const dispatcher = new Dispatcher({
    queue: {
      offer: async () => undefined,
      take: async (_id, limit) => waiting.splice(0, limit),
      drop: async () => undefined,
      close: async () => undefined,
    },
    folder,
    clock: systemClock,
    random: () => 0.5,
    leaseOf: () => ({ holder: 'i', nowMs: 0, leaseMs: 1000 }),
    maxRunning: () => 4,
    parse,
    waysOf: () => ways,
    tryLine: createTryLine({
      makeRequest,
      results: {
        async append(_id, result) {
          results.push(result)
          return batch
        },
      },
      async spend(_id, costNanoUsd) {
        spent.push(costNanoUsd)
        return { ...begun, costNanoUsd: spent.reduce((sum, cost) => sum + cost, 0) }
      },
      worstCase: async () => worstNanoUsd,
      reservedNatively: () => 0,
      random: () => 0.5,
      maxTries: () => maxTries,
    }),
    claimSuspects: async () => [],
    extend: async () => undefined,
    findDue: async () => (waiting.length > 0 ? [{ id: batch.id, fewestCrashes: 0 }] : []),
    async giveBack(_id, lines) {
      for (const { line, tries } of lines) waiting.push({ ...places.get(line)!, tries })
    },
    onProgress: ({ stop }) => stop && stops.push(stop),
    onError: (cause) => errors.push(cause),
  })
  t.after(() => dispatcher.close(AbortSignal.abort()))
  void dispatcher.update([begun])
  const ended = until('the results', () => {
    dispatcher.pump()
    return results.length === texts.length ? results.toSorted((a, b) => a.line - b.line) : undefined
  })
  return { ended, errors, spent, stops }
}

test('a line at which the gateway fails each time has its error after a few tries', async (t) => {
  let failures = 0
  const { ended, errors } = run(t, ['good', 'bad', 'fine'].map(textOf), async (_batch, { customId }) => {
    if (customId !== 'bad') return { answer, costNanoUsd: 0, usage: noUsage }
    failures++
    throw new Error('a fault of ours')
  })
  const results = await ended
  assert.deepEqual(
    results.map(({ isError }) => isError),
    [false, true, false],
  )
  assert.match(results[1]!.text, /"custom_id":"bad".*each time that it tried/)
  assert.equal(failures, maxTries)
  assert.equal(errors.length, maxTries)
})

test('a line that cannot be read any more has its error, and those beside it their answers', async (t) => {
  const texts = [textOf('a'), 'no JSON', textOf('b'), textOf('cut off')]
  const cut = texts.join('\n').slice(0, -5)
  const { ended } = run(t, texts, async () => ({ answer, costNanoUsd: 0, usage: noUsage }), cut)
  const results = await ended
  assert.deepEqual(
    results.map(({ isError, text }) => [isError, text.includes('cannot be read any more')]),
    [
      [false, false],
      [true, true],
      [false, false],
      [true, true],
    ],
  )
})

test('what tries cost that give no result counts against the batch', async (t) => {
  const error = new GatewayError('upstream_error', 'It broke off.')
  const broken = { answer: { ...answer, status: 502 }, costNanoUsd: 60, usage: noUsage, error }
  const calls: string[] = []
  const texts = ['a', 'b', 'c'].map(textOf)
  const { ended, spent, stops } = run(
    t,
    texts,
    async (_batch, { customId }) => {
      calls.push(customId)
      return broken
    },
    texts.join('\n'),
    200,
  )
  ended.catch(() => undefined)
  await until('the bound', () => (stops.length > 0 ? true : undefined))
  assert.deepEqual([spent, calls.length], [[60, 60], 2])
})

function parse(text: Buffer): Json {
  const value = parseJson(text.toString())
  if (value === undefined) throw new GatewayError('invalid_request', 'The body is not valid JSON.')
  return value
}

const ways = [[{ lane: 'openai key-1', model: 'm', isWithheld: () => false }]]

const answer = { requestId: 'req', status: 200, body: {} }

const batch: Batch = { ...plainBatch, inputFileId: 'file-1', total: 3 }
