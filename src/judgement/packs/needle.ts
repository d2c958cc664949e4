/** The pack of long contexts: facts planted at several depths of texts of several lengths, and asked for at the end. */

import type { Random } from '../statistics/random.ts'
import type { CaseSettings } from '../suite/settings.ts'
import { createFiller, type Sentence } from './filler.ts'

const lengths = [4_000, 16_000, 32_000, 64_000] as const
const depths = [0, 0.25, 0.5, 0.75, 1] as const
/** Frames, the question and the rest of the prompt. */
const overheadTokens = 120
const largestShareOfWindow = 0.9

interface Needles {
  /** Sentences in the order in which they are planted. */
  readonly sentences: readonly string[]
  readonly question: string
  readonly expect: readonly number[]
  readonly forbid?: readonly number[]
}

const places = [
  'Ashford',
  'Brook End',
  'Cold Harbour',
  'Dunmore',
  'Elm Cross',
  'Fairwater',
  'Glenside',
  'High Barn',
]

const numberOf = (random: Random): number => 1_000_000 + random.below(9_000_000)

function fourPlaces(random: Random): { place: string; value: number }[] {
  return random
    .shuffle(places)
    .slice(0, 4)
    .map((place) => ({ place, value: numberOf(random) }))
}

const isCode = (place: string, value: number): string => `The registry number of ${place} is ${value}.`

export const needleKinds: Readonly<Record<string, (random: Random) => Needles>> = {
  single(random) {
    const [one] = fourPlaces(random)
    return {
      sentences: [isCode(one!.place, one!.value)],
      question: `What is the registry number of ${one!.place}?`,
      expect: [one!.value],
    }
  },
  'multi-key'(random) {
    const all = fourPlaces(random)
    const wanted = all[random.below(4)]!
    return {
      sentences: all.map(({ place, value }) => isCode(place, value)),
      question: `What is the registry number of ${wanted.place}? Give this one only.`,
      expect: [wanted.value],
      forbid: all.filter((other) => other !== wanted).map(({ value }) => value),
    }
  },
  'multi-value'(random) {
    const [one] = fourPlaces(random)
    const values = Array.from({ length: 4 }, () => numberOf(random))
    return {
      sentences: values.map((value) => `One of the registry numbers of ${one!.place} is ${value}.`),
      question: `Which registry numbers does ${one!.place} have? Give all four.`,
      expect: values,
    }
  },
  'multi-query'(random) {
    const all = fourPlaces(random)
    return {
      sentences: all.map(({ place, value }) => isCode(place, value)),
      question: `What are the registry numbers of ${all.map(({ place }) => place).join(', ')}? Give all four.`,
      expect: all.map(({ value }) => value),
    }
  },
  chain(random) {
    const value = numberOf(random)
    const names = random.shuffle(places).slice(0, 4)
    return {
      sentences: [
        `The registry number of ${names[0]} is ${value}.`,
        ...names
          .slice(1)
          .map((name, index) => `The registry number of ${name} is the same as that of ${names[index]}.`),
      ],
      question: `What is the registry number of ${names[3]}? Answer with the number.`,
      expect: [value],
    }
  },
  revised(random) {
    const [one] = fourPlaces(random)
    const before = numberOf(random)
    return {
      sentences: [
        `The registry number of ${one!.place} is ${before}.`,
        `Correction: the registry number of ${one!.place} has been changed to ${one!.value}.`,
      ],
      question: `What is the registry number of ${one!.place} now? Give the number that is valid, and no other.`,
      expect: [one!.value],
      forbid: [before],
    }
  },
}

/** Where needles of a depth begin and end: close together, and each depth in its own quarter. */
function windowOf(depth: (typeof depths)[number]): readonly [number, number] {
  if (depth === 0) return [0, 0.04]
  if (depth === 1) return [0.96, 1]
  if (depth === 0.25) return [0.26, 0.3]
  return depth === 0.75 ? [0.7, 0.74] : [0.48, 0.52]
}

/** 6 kinds x 4 lengths x 5 depths: 120 cases; lengths that do not fit the window are cut to 90 % of it, once. */
export async function needleCases(random: Random, windowTokens = Infinity): Promise<CaseSettings[]> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base')
  const most = Math.floor(windowTokens * largestShareOfWindow)
  const fitting = [...new Set(lengths.map((length) => Math.min(length, most)))]
  const parts: ContextParts = { filler: createFiller(random, countTokens), countTokens }
  const cases: CaseSettings[] = []
  for (const [kind, make] of Object.entries(needleKinds)) {
    for (const length of fitting) {
      for (const depth of depths) {
        const needles = make(random)
        const id = `needle-${kind}-${String(cases.length + 1).padStart(3, '0')}`
        cases.push({
          id,
          tags: ['needle-pack', `needle:${kind}`, `length:${length}`, `depth:${depth}`],
          metadata: { pack: 'needle', kind, length, depth, cluster: id },
          turns: [{ user: contextOf(needles, length, windowOf(depth), parts) }],
          assert: [
            {
              type: 'needle',
              value: { expect: [...needles.expect], ...(needles.forbid && { forbid: [...needles.forbid] }) },
            },
          ],
        })
      }
    }
  }
  return cases
}

interface ContextParts {
  readonly filler: () => Sentence
  readonly countTokens: (text: string) => number
}

function contextOf(
  { sentences, question }: Needles,
  length: number,
  [from, to]: readonly [number, number],
  { filler: next, countTokens }: ContextParts,
): string {
  const filler: string[] = []
  let tokens = overheadTokens + countTokens([...sentences, question].join(' '))
  while (tokens < length) {
    const sentence = next()
    filler.push(sentence.text)
    tokens += sentence.tokens
  }
  const step = sentences.length === 1 ? 0 : (to - from) / (sentences.length - 1)
  // From the last to the first, so that those before keep their places.
  for (const [index, sentence] of [...sentences.entries()].toReversed()) {
    filler.splice(Math.round((from + index * step) * filler.length), 0, sentence)
  }
  return `Read this text. A question follows at its end.\n\n${paragraphs(filler)}\n\nQuestion: ${question}`
}

const sentencesInParagraph = 8

function paragraphs(sentences: readonly string[]): string {
  const parts: string[] = []
  for (let at = 0; at < sentences.length; at += sentencesInParagraph) {
    parts.push(sentences.slice(at, at + sentencesInParagraph).join(' '))
  }
  return parts.join('\n\n')
}
