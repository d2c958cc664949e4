/** Turns questions into vectors: in batches, each text once, and never longer than a request can wait. */

import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { EmbedTexts } from '../../core/ask.ts'
import { Roster } from '../../core/roster.ts'
import { within } from './within.ts'

export interface Embedder {
  /** Undefined where it takes too long. Rejects where the embedding fails. */
  embed(org: string, model: string, text: string, timeoutMs: number): Promise<Float32Array | undefined>
  /** Drops the vectors of what was embedded. */
  clear(): void
}

const maxKept = 20_000
const maxBatch = 64
/** Texts beyond this number are not waited for: the embedder cannot keep up. */
const maxWaiting = 1_024

interface Wanted {
  readonly name: string
  readonly text: string
  resolve(vector: Float32Array): void
  reject(cause: unknown): void
}

export function createEmbedder(embedTexts: EmbedTexts): Embedder {
  const kept = new LRUCache<string, Float32Array>({ max: maxKept })
  /** Places among the vectors that are waited for: they come and go with requests (docs/adr/0010). */
  const places = new Map<string, number>()
  const pending = new Roster<Promise<Float32Array>>()
  const queues = new Map<string, Wanted[]>()
  const running = new Set<string>()

  async function run(model: string): Promise<void> {
    const queue = queues.get(model)!
    while (queue.length > 0) {
      const batch = queue.splice(0, maxBatch)
      try {
        const vectors = await embedTexts(
          model,
          batch.map(({ text }) => text),
        )
        batch.forEach(({ name, resolve }, at) => {
          const vector = Float32Array.from(vectors[at]!)
          kept.set(name, vector)
          resolve(vector)
        })
      } catch (cause) {
        for (const { reject } of batch) reject(cause)
      }
    }
    running.delete(model)
  }

  function want(model: string, name: string, text: string): Promise<Float32Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>()
    let queue = queues.get(model)
    if (!queue) queues.set(model, (queue = []))
    queue.push({ name, text, resolve, reject })
    const place = pending.add(promise)
    places.set(name, place)
    const over = () => {
      places.delete(name)
      pending.remove(place)
    }
    promise.then(over, over)
    if (!running.has(model)) {
      running.add(model)
      // What comes in one turn of the event loop goes together; what comes during a call goes with the next.
      setImmediate(() => void run(model))
    }
    return promise
  }

  return {
    async embed(org, model, text, timeoutMs) {
      // Per tenant: how fast a text is embedded must not tell another that it was seen before.
      const name = createHash('sha256')
        .update(JSON.stringify([org, model, text]))
        .digest('base64')
      const known = kept.get(name)
      if (known) return known
      const place = places.get(name)
      const under = place === undefined ? undefined : pending.at(place)
      if (!under && pending.size >= maxWaiting) return undefined
      return within(under ?? want(model, name, text), timeoutMs)
    },
    clear: () => kept.clear(),
  }
}
