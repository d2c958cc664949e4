import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSentiment } from '../judgement/sentiment.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import { type Compared, inThread } from './analysis.ts'
import { readingVersion, type Unread, withReading } from './sample.ts'
import { type ReadRun, tabulate } from './tabulate.ts'
import { judgeRun } from './verdict.ts'

const words = 'the oak table is in stock and leaves the store on day three'.split(' ')

function runOf(id: string, reading?: Unread['reading']): { runId: string; samples: Unread[][] } {
  const random = createRandom(id)
  const sample = (): Unread => ({
    requestId: '',
    text: Array.from({ length: 20 }, () => words[random.below(words.length)]).join(' '),
    toolCalls: [],
    outputTokens: 20 + random.below(4),
    durationMs: 100,
    ...(reading && { reading }),
  })
  const samples = Array.from({ length: 6 }, () => Array.from({ length: 3 }, sample))
  return { runId: id, samples }
}

const judge = (compared: Compared, seed = '') =>
  inThread((analysis) => analysis.judge(compared, { earlier: [], seed }))

const whole = (run: { runId: string; samples: readonly (readonly Unread[])[] }) => ({
  startedAtMs: 0,
  expectedRows: 18,
  ...run,
})
const names = Array.from({ length: 12 }, (_, at) => `baseline ${at}`)

test('the thread judges as this one would, whatever version has read the texts', async () => {
  const sentiment = await loadSentiment()
  const read = (id: string): ReadRun =>
    whole({
      runId: id,
      samples: runOf(id).samples.map((some) => some.map((one) => withReading(one, sentiment))),
    }) as ReadRun
  const tables = tabulate(names.map(read), read('run'))
  const expected = judgeRun({ ...tables, earlier: [], random: createRandom('seed') })
  // An older version took all of them for refusals.
  const old = { version: '0', isRefusal: true, isJson: false, hasFence: false, hasMarkdown: false }
  const baseline = names.map((name, at) => whole(runOf(name, at % 2 ? old : undefined)))
  const judged = await judge({ baseline, run: whole(runOf('run')) }, 'seed')
  assert.deepEqual(judged, expected)
})

test('what is read off texts carries its version', async () => {
  const { samples } = runOf('run')
  const read = await inThread((analysis) => analysis.read(samples))
  assert.ok(read.flat().every(({ reading }) => reading.version === readingVersion && !reading.isRefusal))
  assert.deepEqual(
    read.flat().map(({ text }) => text),
    samples.flat().map(({ text }) => text),
  )
})

test('runs are read one by one, and other work comes between them', async () => {
  let turns = 0
  const turn = () => {
    turns++
    timer = setImmediate(turn)
  }
  let timer = setImmediate(turn)
  const readAt: number[] = []
  async function* baseline() {
    for (const name of names) {
      readAt.push(turns)
      yield whole(runOf(name))
    }
  }
  await judge({ baseline: baseline(), run: whole(runOf('run')) })
  clearImmediate(timer)
  assert.equal(new Set(readAt).size, names.length)
})

test('a baseline that cannot be read is an error, and no verdict', async () => {
  async function* broken() {
    yield whole(runOf('one'))
    throw new Error('the store is down')
  }
  const judged = judge({ baseline: broken(), run: whole(runOf('run')) })
  await assert.rejects(judged, /the store is down/)
})

test('whoever asks a thread that has failed is told so', async () => {
  await inThread(async (analysis) => {
    await assert.rejects(analysis.read(null as never))
    await assert.rejects(analysis.read([]))
  })
})
