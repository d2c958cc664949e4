/** The catalogue is read once; where that fails, the next who needs it tries again. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../config/load.ts'
import { loadCatalogueData } from '../models/catalogue.ts'
import { CatalogueSource } from './catalogue-source.ts'

const config = { models: {}, providers: { openai: { type: 'openai' } } } as unknown as Config
const clock = { nowMs: () => 0, monotonicMs: () => 0 }

test('data that could not be read is read by the next who needs it, and then once for all', async () => {
  let reads = 0
  const source = new CatalogueSource(
    () => config,
    clock,
    async () => {
      if (++reads === 1) throw new Error('too many open files')
      return loadCatalogueData()
    },
  )
  await assert.rejects(async () => source.inForce(), /too many open files/)
  const lookUps = await Promise.all([source.inForce(), source.inForce()])
  for (const lookUp of lookUps) assert.equal(lookUp('openai', 'gpt-4o')?.provider, 'openai')
  assert.equal(await source.load(), false)
  assert.equal(reads, 2)
})
