/** What answers mean, by a model that embeds them: kept with each answer, and compared with those of the baseline. */

import type { EmbedTexts } from '../core/ask.ts'
import type { Meaning, Unread } from './sample.ts'

const maxBatch = 64
/** Embedders read no more than about 512 tokens. */
const maxLength = 2_000

/**
 * The answers, each with its vector. What failed or has no text has none, and where the embedder fails, none has: the
 * metric is missing then, and nothing else.
 */
export async function withMeanings(
  samples: readonly (readonly Unread[])[],
  model: string,
  embed: EmbedTexts,
): Promise<readonly (readonly Unread[])[]> {
  const texts = new Set(samples.flat().filter(hasMeaning).map(textOf))
  const vectors = new Map<string, Meaning>()
  const waiting = [...texts]
  try {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxBatch)
      const embedded = await embed(model, batch)
      for (const [at, text] of batch.entries()) vectors.set(text, { model, vector: pack(embedded[at]!) })
    }
  } catch {
    return samples // the call that failed has its own record
  }
  return samples.map((ofPrompt) =>
    ofPrompt.map((sample) =>
      hasMeaning(sample) ? { ...sample, meaning: vectors.get(textOf(sample))! } : sample,
    ),
  )
}

const hasMeaning = ({ error, text }: Unread): boolean => error === undefined && text.trim() !== ''
const textOf = ({ text }: Unread): string => text.slice(0, maxLength)

/** As int8, in base64: a cosine of two answers is off by less than a hundredth. */
function pack(vector: readonly number[]): string {
  const most = vector.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  return Buffer.from(
    Int8Array.from(vector, (value) => (most === 0 ? 0 : Math.round((value / most) * 127))),
  ).toString('base64')
}

/** Of length 1. */
function unpack(packed: string): Float64Array {
  const bytes = Buffer.from(packed, 'base64')
  const vector = Float64Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length))
  return ofLengthOne(vector)
}

function ofLengthOne(vector: Float64Array): Float64Array {
  const norm = Math.sqrt(product(vector, vector))
  return norm === 0 ? vector : vector.map((value) => value / norm)
}

/**
 * For a prompt: the cosine of an answer to the mean of the baseline's answers, those of the run `without` left out.
 * Undefined where the one or the others have no vector of that model.
 */
export type MeaningLikeness = (prompt: number, without?: number) => (sample: Unread) => number | undefined

export function meaningLikeness(
  runs: readonly { readonly samples: readonly (readonly Unread[])[] }[],
  model: string | undefined,
): MeaningLikeness {
  if (model === undefined) return () => () => undefined
  const sums = runs.map(({ samples }) => samples.map((ofPrompt) => sumOf(ofPrompt, model)))
  return (prompt, without) => {
    const others = sums.flatMap((run, at) => {
      const own = at === without && runs.length > 1 ? undefined : run[prompt]
      return own ? [own] : []
    })
    const means = new Map<number, Float64Array>()
    return ({ meaning }) => {
      if (meaning?.model !== model) return undefined
      const vector = unpack(meaning.vector)
      const { length } = vector
      const mean = means.get(length) ?? ofLengthOne(total(others, length))
      means.set(length, mean)
      return mean.some((value) => value !== 0) ? product(mean, vector) : undefined
    }
  }
}

/** Undefined where no answer has one. */
function sumOf(samples: readonly Unread[], model: string): Float64Array | undefined {
  const vectors = samples.flatMap(({ meaning }) => (meaning?.model === model ? [unpack(meaning.vector)] : []))
  return vectors.length === 0 ? undefined : total(vectors, vectors[0]!.length)
}

function total(vectors: readonly Float64Array[], length: number): Float64Array {
  const sum = new Float64Array(length)
  for (const vector of vectors) {
    // A model that has changed its length is another one.
    if (vector.length !== length) continue
    for (let at = 0; at < length; at++) sum[at]! += vector[at]!
  }
  return sum
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!
  return sum
}
