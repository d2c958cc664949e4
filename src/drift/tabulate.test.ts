import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readingVersion, type Sample } from './sample.ts'
import { type ReadRun, tabulate } from './tabulate.ts'

type Given = Partial<Omit<Sample, 'reading'>> & { readonly reading?: Partial<Sample['reading']> }

const sample = ({ reading, ...given }: Given = {}): Sample => ({
  requestId: '',
  text: 'Fourteen days.',
  toolCalls: [],
  durationMs: 10,
  finish: 'stop',
  ...given,
  reading: {
    version: readingVersion,
    isRefusal: false,
    isJson: false,
    hasFence: false,
    hasMarkdown: false,
    ...reading,
  },
})

/** One prompt, with these answers. */
const runOf = (...samples: readonly Sample[]): ReadRun => ({
  runId: 'run',
  startedAtMs: 0,
  expectedRows: samples.length,
  samples: [samples],
})

/** The metric's mean over the new run's answers to the one prompt. */
function meanOf(
  metric: 'format' | 'schema' | 'exact' | 'tools' | 'logprob',
  before: readonly Sample[],
  now: Sample,
) {
  const { run } = tabulate([runOf(...before), runOf(...before)], runOf(now))
  const summary = run.metrics[metric]
  return summary && summary.sums[0]! / summary.counts[0]!
}

test('format is kept where JSON, schema, fence and length are as the baseline has them', () => {
  const json = { reading: { isJson: true }, fitsSchema: true }
  const usual = [sample(json), sample(json), sample({ ...json, fitsSchema: false })]
  assert.equal(meanOf('format', usual, sample(json)), 1)
  assert.equal(meanOf('format', usual, sample({ ...json, fitsSchema: false })), 0)
  assert.equal(meanOf('schema', usual, sample({ ...json, fitsSchema: false })), 0)
  assert.equal(meanOf('format', usual, sample({ ...json, finish: 'length' })), 0)
  assert.equal(meanOf('format', usual, sample({ ...json, reading: { isJson: true, hasFence: true } })), 0)
  assert.equal(meanOf('format', usual, sample({ fitsSchema: true })), 0)
})

test('a prompt whose answers never fitted their schema has no such format to keep', () => {
  const loose = { reading: { isJson: true }, fitsSchema: false }
  assert.equal(meanOf('format', [sample(loose)], sample(loose)), 1)
  assert.equal(meanOf('schema', [sample()], sample()), undefined)
})

test('at temperature 0 an answer is held against those of the baseline word for word', () => {
  const greedy = { isGreedy: true } as const
  const usual = [sample(greedy), sample({ ...greedy, text: 'Two weeks.' })]
  assert.equal(meanOf('exact', usual, sample({ ...greedy, text: ' two  weeks.' })), 1)
  assert.equal(meanOf('exact', usual, sample({ ...greedy, text: 'Three weeks.' })), 0)
  assert.equal(meanOf('exact', usual, sample()), undefined)
})

test('the shape of tool calls is their names and which arguments they have', () => {
  const calling = (...given: readonly string[]) =>
    sample({ toolCalls: given.map((values) => ({ name: 'find', arguments: values })) })
  const usual = [calling('{"id": 1, "name": "a"}')]
  assert.equal(meanOf('tools', usual, calling('{"name": "b", "id": 2}')), 1)
  assert.equal(meanOf('tools', usual, calling('{"id": 2}')), 0)
  assert.equal(meanOf('tools', usual, calling('{"id": 2')), 0)
  assert.equal(meanOf('tools', usual, calling('{"id": 1, "name": "a"}', '{"id": 1, "name": "a"}')), 0)
})

test('log-probabilities are compared where they are told', () => {
  assert.equal(meanOf('logprob', [sample({ meanLogprob: -0.1 })], sample({ meanLogprob: -0.3 })), -0.3)
  assert.equal(meanOf('logprob', [sample()], sample()), undefined)
})
