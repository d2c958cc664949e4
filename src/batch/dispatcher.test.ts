/** A dispatcher over a queue in memory: what cannot be done is not tried for ever, and holds nothing up. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import { systemClock } from '../core/clock.ts'
import { type ErrorCode, GatewayError } from '../core/error.ts'
import { type Json, parseJson } from '../core/json.ts'
import { type Batch, noUsage } from './batch.ts'
import { Dispatcher } from './dispatcher.ts'
import { openFileFolder } from './file-folder.ts'
import type { Claim, Deferral, HoldAnswer, HoldAnswers, LineHold } from './port.ts'
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
  { file = texts.join('\n'), maxNanoUsd }: { readonly file?: string; readonly maxNanoUsd?: number } = {},
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
  const begun: Batch = { ...batch, total: texts.length, ...(maxNanoUsd !== undefined && { maxNanoUsd }) }
  const account = new BoundedAccount(begun)
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
          return account.settle(result)
        },
      },
      worstCase: async () => worstNanoUsd,
      random: () => 0.5,
      maxTries: () => maxTries,
    }),
    claimSuspects: async () => [],
    extend: async () => undefined,
    findDue: async () => (waiting.length > 0 ? [{ id: batch.id, fewestCrashes: 0 }] : []),
    async giveBack(_id, lines) {
      for (const { line, tries } of lines) waiting.push({ ...places.get(line)!, tries })
      return account.giveBack(lines)
    },
    giveBackOthers: async () => undefined,
    hold: async (_id, lines) => account.hold(lines),
    onProgress: ({ stop }) => stop && stops.push(stop),
    onError: (cause) => errors.push(cause),
  })
  t.after(() => dispatcher.close(AbortSignal.abort()))
  void dispatcher.update([begun])
  const ended = until('the results', () => {
    dispatcher.pump()
    return results.length === texts.length ? results.toSorted((a, b) => a.line - b.line) : undefined
  })
  return { ended, errors, account, stops }
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

test('what no waiting can mend is settled by its first try, and what may pass is tried again', async (t) => {
  const cases: readonly (readonly [ErrorCode, readonly ErrorCode[], number])[] = [
    ['price_unknown', ['price_unknown'], 1],
    ['request_too_expensive', ['price_unknown', 'request_too_expensive'], 1],
    ['unsupported_operation', ['unsupported_operation'], 1],
    ['content_filtered', ['upstream_error', 'content_filtered'], 1],
    ['internal', ['internal'], 1],
    // Another target would have taken it, but for its outage.
    ['price_unknown', ['upstream_error', 'price_unknown'], maxTries],
    ['upstream_error', ['price_unknown', 'upstream_error'], maxTries],
    ['guardrail_unavailable', [], maxTries],
  ]
  const calls = cases.map(() => 0)
  const { ended } = run(
    t,
    cases.map((_, at) => textOf(`${at}`)),
    async (_batch, { customId }) => {
      const [code, failures] = cases[Number(customId)]!
      calls[Number(customId)]!++
      const error = new GatewayError(code, 'It failed.')
      const { status } = error
      return { answer: { ...answer, status }, costNanoUsd: 0, usage: noUsage, error, failures }
    },
  )
  const results = await ended
  assert.ok(results.every(({ isError }) => isError))
  assert.deepEqual(
    calls,
    cases.map(([, , expected]) => expected),
  )
})

test('a line that cannot be read any more has its error, and those beside it their answers', async (t) => {
  const texts = [textOf('a'), 'no JSON', textOf('b'), textOf('cut off')]
  const cut = texts.join('\n').slice(0, -5)
  const { ended } = run(t, texts, async () => ({ answer, costNanoUsd: 0, usage: noUsage }), { file: cut })
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
  const { ended, account, stops } = run(
    t,
    texts,
    async (_batch, { customId }) => {
      calls.push(customId)
      return broken
    },
    { maxNanoUsd: 200 },
  )
  ended.catch(() => undefined)
  await until('the bound', () => (stops.length > 0 ? true : undefined))
  assert.deepEqual([account.spent, calls.length], [120, 2])
})

test('a batch that has no room takes no line and gives none back until another line has cost less', async (t) => {
  const texts = Array.from({ length: 8 }, (_, n) => textOf(`${n}`))
  const ends: (() => void)[] = []
  const { ended, account } = run(
    t,
    texts,
    async () => {
      await new Promise<void>((resolve) => ends.push(resolve))
      return { answer, costNanoUsd: 1, usage: noUsage }
    },
    { maxNanoUsd: 2 * worstNanoUsd + texts.length },
  )
  for (let done = 0; done < texts.length; done++) {
    await until(
      'two under way, or the last',
      () => ends.length >= Math.min(2, texts.length - done) || undefined,
    )
    await turns(20)
    const before = account.questions
    await turns(20)
    assert.equal(account.questions, before)
    assert.ok(ends.length <= 2)
    ends.shift()!()
  }
  assert.equal((await ended).length, texts.length)
  assert.deepEqual([account.givenBack, account.spent], [0, texts.length])
  // Four began at first, of which two had room; then each end lets one more ask, and the next one be refused.
  assert.ok(account.questions <= 2 * texts.length + 4, `${account.questions} questions`)
})

test('a further call of a try is made only where the batch has room for it', async (t) => {
  const calls: string[] = []
  const refused = Promise.withResolvers<GatewayError>()
  const makeRequest: MakeRequest = async (_batch, { customId }, { afford }) => {
    calls.push(`first of ${customId}`)
    await afford!(worstNanoUsd)
    try {
      await afford!(worstNanoUsd + 70)
    } catch (cause) {
      const error = cause as GatewayError
      refused.resolve(error)
      return { answer: { ...answer, status: 402 }, costNanoUsd: 10, usage: noUsage, error }
    }
    calls.push(`second of ${customId}`)
    await refused.promise
    return { answer, costNanoUsd: 10, usage: noUsage }
  }
  const texts = ['a', 'b'].map(textOf)
  const { ended, account } = run(t, texts, makeRequest, { maxNanoUsd: 2 * worstNanoUsd + 100 })
  const results = await ended
  assert.deepEqual(
    results.map(({ isError }) => isError),
    [false, false],
  )
  assert.equal((await refused.promise).code, 'budget_exceeded')
  assert.deepEqual(new Set(calls.slice(0, 2)), new Set(['first of a', 'first of b']))
  assert.deepEqual(calls.slice(2), ['second of a', 'first of b', 'second of b'])
  assert.deepEqual([account.spent, account.held], [30, 0])
})

/** What the rows keep of a batch's bound. */
class BoundedAccount {
  spent = 0
  questions = 0
  givenBack = 0
  readonly #batch: Batch
  readonly #held = new Map<number, number>()

  constructor(bounded: Batch) {
    this.#batch = bounded
  }

  get held(): number {
    return this.#held.values().reduce((sum, held) => sum + held, 0)
  }

  hold(lines: readonly LineHold[]): HoldAnswers {
    this.questions++
    const answers = lines.map(({ line, nanoUsd }): [number, HoldAnswer] => {
      const fits = this.spent + this.held + nanoUsd <= (this.#batch.maxNanoUsd ?? Infinity)
      if (fits) this.#held.set(line, (this.#held.get(line) ?? 0) + nanoUsd)
      return [line, fits ? 'held' : this.held > 0 ? 'short' : 'never']
    })
    return { answers: new Map(answers), batch: this.#now() }
  }

  giveBack(lines: readonly Deferral[]): Batch {
    for (const { line, spentNanoUsd = 0 } of lines) {
      this.givenBack++
      this.#end(line, spentNanoUsd)
    }
    return this.#now()
  }

  settle({ line, costNanoUsd }: NewResult): Batch {
    this.#end(line, costNanoUsd)
    return this.#now()
  }

  #end(line: number, costNanoUsd: number): void {
    this.spent += costNanoUsd
    this.#held.delete(line)
  }

  #now(): Batch {
    return { ...this.#batch, costNanoUsd: this.spent, heldNanoUsd: this.held }
  }
}

/** Of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function parse(text: Buffer): Json {
  const value = parseJson(text.toString())
  if (value === undefined) throw new GatewayError('invalid_request', 'The body is not valid JSON.')
  return value
}

const ways = [[{ lane: 'openai key-1', model: 'm', isWithheld: () => false }]]

const answer = { requestId: 'req', status: 200, body: {} }

const batch: Batch = { ...plainBatch, inputFileId: 'file-1', total: 3 }
