import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom, type Random } from '../judgement/statistics/random.ts'
import { kernelSize, kernelVector } from './kernel.ts'
import { omnibusTest, type RunVectors } from './omnibus.ts'

const words = 'oak tables and grey lamps leave the store by boat or by train on the third day'.split(' ')

/** A share of the answers begins with a word of its own. */
function runOf(random: Random, samples: number, changed = 0): RunVectors {
  const text = () =>
    (random.next() < changed ? 'Now. ' : '') +
    Array.from({ length: 12 }, () => words[random.below(words.length)]).join(' ')
  return Array.from({ length: 4 }, () => Array.from({ length: samples }, () => kernelVector(text())))
}

/** The test as it is written down: each relabelling draws, prompt by prompt, and both means are taken anew. */
function plainPermutationP(baseline: readonly RunVectors[], run: RunVectors, random: Random): number {
  const rounds = 150
  /** As the fast one draws: so many at once of each prompt. */
  const atOnce = 50
  const pools = run.map((chosen, prompt) => [...chosen, ...baseline.flatMap((other) => other[prompt]!)])
  const takes = run.map(({ length }) => length)
  const distance = (relabelled: readonly (readonly Float32Array[])[]): number => {
    let sum = 0
    for (let bin = 0; bin < kernelSize; bin++) {
      let difference = 0
      for (const [prompt, vectors] of relabelled.entries()) {
        const take = takes[prompt]!
        const mean = (some: readonly Float32Array[]) =>
          some.reduce((total, vector) => total + vector[bin]!, 0) / some.length
        difference += mean(vectors.slice(0, take)) - mean(vectors.slice(take))
      }
      sum += difference ** 2
    }
    return sum
  }
  const from = distance(pools) * (1 - 1e-9)
  let asFar = 0
  let done = 0
  for (; done < rounds && asFar < 0.05 * rounds; done += atOnce) {
    const drawn = pools.map((vectors, prompt) =>
      Array.from({ length: atOnce }, () => {
        for (let at = 0; at < takes[prompt]!; at++) {
          const other = at + random.below(vectors.length - at)
          ;[vectors[at], vectors[other]] = [vectors[other]!, vectors[at]!]
        }
        return [...vectors]
      }),
    )
    for (let round = 0; round < atOnce; round++) {
      if (distance(drawn.map((ofPrompt) => ofPrompt[round]!)) >= from) asFar++
    }
  }
  return (1 + asFar) / (done + 1)
}

for (const [samples, change] of [
  [2, 0.8],
  [3, 0.5],
  [5, 0.5],
  [7, 0.5],
  [10, 0.3],
] as const) {
  test(`the fast permutations of ${samples} answers per prompt give what the plain ones give`, () => {
    const random = createRandom(`texts ${samples}`)
    const baseline = Array.from({ length: 4 }, () => runOf(random, samples))
    // So little that some relabellings lie as far apart.
    const run = runOf(random, samples, change)
    const fast = omnibusTest(baseline, run, createRandom('seed'), 150)!
    assert.ok(fast.pPermutation > 1 / 151, 'some lie as far apart')
    assert.equal(fast.pPermutation, plainPermutationP(baseline, run, createRandom('seed')))
  })
}
