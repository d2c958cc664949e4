/** How long the semantic index takes to find the nearest of many questions. */

import { createSemanticSearch } from '../../src/cache/semantic/search.ts'
import { type HitTimes, percentiles } from './hits.ts'

const dims = 384

/** From the asking thread and back to it, with one partition of `entries`. */
export async function measureLookup(entries: number, looks: number): Promise<HitTimes> {
  const search = createSemanticSearch()
  const partition = 'bench'
  for (let n = 0; n < entries; n++) {
    search.add({
      org: 'bench',
      partition,
      key: `${n}`,
      text: `What is question number ${n}?`,
      vector: randomVector(),
      maxEntries: entries,
      expiresAtMs: Infinity,
    })
  }
  const times: number[] = []
  for (let n = -20; n < looks; n++) {
    const look = { partition, text: 'What is asked here?', vector: randomVector(), threshold: 0 }
    const startMs = performance.now()
    await search.search(look)
    if (n >= 0) times.push(performance.now() - startMs)
  }
  await search.close()
  return percentiles(times)
}

function randomVector(): Float32Array {
  return Float32Array.from({ length: dims }, () => Math.random() - 0.5)
}
