/** Real changes of real models: how often the paired tests find them, and how often they find nothing where nothing is. */

import { kernelVector } from '../src/drift/kernel.ts'
import { comparePaired } from '../src/drift/paired.ts'
import { refusalOf } from '../src/judgement/refusal.ts'
import { createRandom, type Random } from '../src/judgement/statistics/random.ts'
import { readLlmDrift, readXstest } from '../test/support/eval-data.ts'

interface Answer {
  readonly text: string
  readonly score: number
}

export interface SnapshotPair {
  readonly name: string
  /** The reference's power with 20 and with 50 prompts. */
  readonly reference: readonly [number, number]
  readonly pairs: readonly (readonly [before: Answer, after: Answer])[]
}

/** The five pairs of the data that are at hand. */
export function snapshotPairs(): SnapshotPair[] {
  return [
    llmDriftPair('PRIME_FULL', 'gpt-4', '0314', [1, 1]),
    llmDriftPair('PRIME_FULL', 'gpt-3.5-turbo', '0301', [0.58, 1]),
    llmDriftPair('LEETCODE_EASY', 'gpt-4', '0314', [1, 1]),
    llmDriftPair('LEETCODE_EASY', 'gpt-3.5-turbo', '0301', [0.13, 1]),
    xstestPair(),
  ]
}

function llmDriftPair(
  task: 'PRIME_FULL' | 'LEETCODE_EASY',
  model: string,
  march: string,
  reference: readonly [number, number],
): SnapshotPair {
  const rows = readLlmDrift(task)
  const of = (snapshot: string) =>
    new Map(
      rows.filter((row) => row.model.endsWith(`${model}-${snapshot}`)).map((row) => [row.promptKey, row]),
    )
  const after = of('0613')
  const pairs = [...of(march)].flatMap(([key, before]) => {
    const other = after.get(key)
    return other ? [[before, other] as const] : []
  })
  return { name: `${task.split('_')[0]} ${model} ${march} to 0613`, reference, pairs }
}

function xstestPair(): SnapshotPair {
  const answers = readXstest()
  const of = (model: string) =>
    new Map(answers.filter((row) => row.model === model).map((row) => [row.promptId, row.text]))
  const after = of('mistralinstruct')
  const pairs = [...of('llama2orig')].map(
    ([id, text]) =>
      [
        { text, score: 0 },
        { text: after.get(id) ?? '', score: 0 },
      ] as const,
  )
  return { name: 'XSTest llama2orig to mistralinstruct', reference: [1, 1], pairs }
}

const metrics = ['length', 'refusal', 'fence', 'accuracy'] as const
const level = 0.01

/** What is tested of a pair of answers, computed once. */
interface Difference {
  readonly values: readonly number[]
  readonly before: Float32Array
  readonly after: Float32Array
}

function differenceOf([before, after]: readonly [Answer, Answer]): Difference {
  const read = ({ text, score }: Answer) => [
    Math.log1p(text.length),
    refusalOf({ text }).class === 'comply' ? 0 : 1,
    text.includes('```') ? 1 : 0,
    score,
  ]
  const old = read(before)
  return {
    values: read(after).map((value, at) => value - old[at]!),
    before: kernelVector(before.text),
    after: kernelVector(after.text),
  }
}

export interface SnapshotRates {
  readonly power: number
  /** Labels swapped at random within each pair. */
  readonly falseAlarms: number
  /** The share of found changes that each metric alone would have found. */
  readonly carriers: Readonly<Record<string, number>>
}

/** Draws `subsets` of `size` prompts, without replacement, and tests each as it is and with labels swapped. */
export function snapshotRates({ pairs, name }: SnapshotPair, size: number, subsets: number): SnapshotRates {
  const random = createRandom(`${name} ${size}`)
  const differences = pairs.map(differenceOf)
  const found: Record<string, number> = {}
  let power = 0
  let falseAlarms = 0
  for (let round = 0; round < subsets; round++) {
    const subset = random.shuffle(differences).slice(0, size)
    const alarms = alarmsOf(subset, random)
    if (alarms.length > 0) power++
    for (const alarm of alarms) found[alarm] = (found[alarm] ?? 0) + 1
    if (
      alarmsOf(
        subset.map((one) => (random.next() < 0.5 ? swapped(one) : one)),
        random,
      ).length > 0
    ) {
      falseAlarms++
    }
  }
  return {
    power: power / subsets,
    falseAlarms: falseAlarms / subsets,
    carriers: Object.fromEntries(Object.entries(found).map(([metric, count]) => [metric, count / subsets])),
  }
}

const swapped = ({ values, before, after }: Difference): Difference => ({
  values: values.map((value) => -value),
  before: after,
  after: before,
})

function alarmsOf(subset: readonly Difference[], random: Random): string[] {
  const { metrics: adjusted, omnibus } = comparePaired(
    metrics.map((_, at) => subset.map(({ values }) => values[at]!)),
    { before: subset.map(({ before }) => before), after: subset.map(({ after }) => after) },
    random,
  )
  return [...metrics.filter((_, at) => adjusted[at]! < level), ...(omnibus < level ? ['texts'] : [])]
}
