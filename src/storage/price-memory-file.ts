/** The last prices that were seen, as a file of the data directory: losing it costs the news of one change. */

import { readFile, rename, writeFile } from 'node:fs/promises'
import type { PriceMemory, PriceMemoryStore } from '../models/port.ts'

export function createPriceMemoryFile(path: string): PriceMemoryStore {
  return {
    async read() {
      try {
        return asMemory(JSON.parse(await readFile(path, 'utf8')))
      } catch {
        return undefined // not written yet, or cut: the next look writes it anew
      }
    },
    async write(memory) {
      const next = `${path}.next`
      await writeFile(next, JSON.stringify(memory), { mode: 0o600 })
      await rename(next, path)
    },
  }
}

function asMemory(value: unknown): PriceMemory | undefined {
  const { version, prices, changes } = (value ?? {}) as Partial<PriceMemory>
  const isWhole = typeof version === 'string' && typeof prices === 'object' && Array.isArray(changes)
  return isWhole ? (value as PriceMemory) : undefined
}
