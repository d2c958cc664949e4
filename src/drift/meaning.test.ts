/** Answers are embedded once each, kept small, and compared with those of the baseline to the same prompt. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meaningLikeness, withMeanings } from './meaning.ts'
import type { Sample } from './sample.ts'

const vectors: Readonly<Record<string, readonly number[]>> = {
  yes: [1, 0, 0.02],
  sure: [0.9, 0.1, 0],
  no: [0, 1, 0],
}

function sampleOf(text: string, more: Partial<Sample> = {}): Sample {
  const reading = { version: 'v', isRefusal: false, isJson: false, hasFence: false, hasMarkdown: false }
  return { requestId: 'r', text, toolCalls: [], durationMs: 1, reading, ...more }
}

test('each text is embedded once; failures and blanks are not', async () => {
  const asked: string[][] = []
  const samples = [
    [sampleOf('yes'), sampleOf('yes')],
    [sampleOf('no'), sampleOf(' '), sampleOf('sure', { error: 'timeout' })],
  ]
  const embedded = await withMeanings(samples, 'e', async (model, texts) => {
    assert.equal(model, 'e')
    asked.push([...texts])
    return texts.map((text) => vectors[text]!)
  })
  assert.deepEqual(asked, [['yes', 'no']])
  assert.deepEqual(
    embedded.map((ofPrompt) => ofPrompt.map(({ meaning }) => meaning?.model)),
    [
      ['e', 'e'],
      ['e', undefined, undefined],
    ],
  )
})

test('an embedder that fails leaves the answers as they are', async () => {
  const samples = [[sampleOf('yes')]]
  assert.equal(await withMeanings(samples, 'e', () => Promise.reject(new Error('down'))), samples)
})

test('the likeness is the cosine to the mean of the others, of one model only', async () => {
  const embed = async (_model: string, texts: readonly string[]) => texts.map((text) => vectors[text]!)
  const run = async (...texts: string[]) => ({
    samples: await withMeanings([texts.map((text) => sampleOf(text))], 'e', embed),
  })
  const runs = [await run('yes', 'sure'), await run('yes', 'yes'), await run('no', 'no')]
  const near = meaningLikeness(runs.slice(0, 2), 'e')
  const [yes] = runs[1]!.samples[0]!
  const [no] = runs[2]!.samples[0]!
  assert.ok(near(0)(yes!)! > 0.99)
  assert.ok(near(0)(no!)! < 0.1)
  // Its own run left out.
  const odd = meaningLikeness(runs, 'e')
  assert.ok(odd(0, 2)(no!)! < odd(0)(no!)!)
  assert.equal(meaningLikeness(runs, 'other')(0)(yes!), undefined)
  assert.equal(near(0)(sampleOf('yes')), undefined)
  assert.equal(meaningLikeness(runs, undefined)(0)(yes!), undefined)
  assert.equal(near(1)(yes!), undefined)
})
