/** How many paraphrases are served, and how many questions that only look alike, over one set of pairs. */

import { createSemanticSearch } from '../../src/cache/semantic/search.ts'
import type { EmbeddingServer } from './embedding-server.ts'
import { type PairSet, readPairs } from './pairs.ts'

export interface Quality {
  readonly paraphrases: number
  /** Answered by the answer to their own question. */
  readonly served: number
  readonly misses: number
  /** Answered by the answer to another question, whether they were paraphrases or near-misses. */
  readonly falseHits: number
  /** Of those, by the kind of the near-miss. */
  readonly byKind: Readonly<Record<string, number>>
}

/** Cosines depend on the embedder: those of this one lie between 0.8 and 1, also for questions with nothing in common. */
export const threshold = 0.88

/** All questions of the set are in one partition; each paraphrase and near-miss is then asked. `every` third, fifth ... of them for a look. */
export async function measureQuality(server: EmbeddingServer, set: PairSet, every = 1): Promise<Quality> {
  const all = readPairs().filter((pair) => pair.set === set)
  const questions = [...new Set(all.map(({ question }) => question))].filter((_, at) => at % every === 0)
  const pairs = all.filter(({ question }) => questions.includes(question))
  const others = [...new Set(pairs.map(({ other }) => other))]
  const vectors = new Map<string, Float32Array>()
  const texts = [...new Set([...questions, ...others])]
  for (const [at, vector] of (await server.embed(texts)).entries()) vectors.set(texts[at]!, vector)

  const search = createSemanticSearch()
  const partition = 'bench'
  const kept = { org: 'bench', maxEntries: 50_000, expiresAtMs: Infinity }
  const add = (text: string) =>
    search.add({ partition, key: text, text, vector: vectors.get(text)!, ...kept })
  for (const question of questions) add(question)
  const byKind: Record<string, number> = {}
  let [paraphrases, served, misses, falseHits] = [0, 0, 0, 0]
  for (const { question, other, miss } of pairs) {
    // A near-miss may be word for word the question of a neighbour: then its answer is the right one.
    const isAsked = questions.includes(other)
    if (isAsked) search.remove(partition, other)
    const { found } = await search.search({ partition, text: other, vector: vectors.get(other)!, threshold })
    if (isAsked) add(other)
    if (miss === undefined) {
      paraphrases++
      if (found?.key === question) served++
      else if (found) falseHits++
      continue
    }
    misses++
    if (!found) continue
    falseHits++
    byKind[miss] = (byKind[miss] ?? 0) + 1
  }
  await search.close()
  return { paraphrases, served, misses, falseHits, byKind }
}
