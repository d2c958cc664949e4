/** The search finds what comparing with every vector finds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../test/support/random.ts'
import { Partition } from './partition.ts'

function vectors(count: number, dims: number, seed: number): Float32Array[] {
  const random = seededRandom(String(seed))
  return Array.from({ length: count }, () => Float32Array.from({ length: dims }, () => random() - 0.4))
}

function cosine(one: Float32Array, other: Float32Array): number {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, n) => sum + value * b[n]!, 0)
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other))
}

for (const dims of [3, 64, 384, 1536]) {
  test(`the nearest of ${dims} dimensions are found, with their cosines`, () => {
    const all = vectors(400, dims, dims)
    const partition = new Partition<number>(5000)
    all.forEach((vector, n) => partition.add(n, vector))
    for (const [n, query] of vectors(6, dims, 7).entries()) {
      const near = all[n * 31]!.map((value, at) => value + query[at]! * 0.05)
      const found = partition.search(near, -1, 3)
      const exact = all
        .map((vector, item) => ({ item, similarity: cosine(vector, near) }))
        .toSorted((one, other) => other.similarity - one.similarity)
      assert.ok(Math.abs(found[0]!.similarity - exact[0]!.similarity) < 1e-3)
      assert.ok(Math.abs(cosine(all[found[0]!.item]!, near) - found[0]!.similarity) < 1e-3)
      assert.deepEqual(partition.search(near, 1.01, 3), [])
    }
  })
}

test('the oldest make room, and what is removed is not found', () => {
  const all = vectors(30, 32, 1)
  const partition = new Partition<number>(10)
  const replaced = all.map((vector, n) => partition.add(n, vector))
  assert.deepEqual(
    replaced.slice(0, 10),
    Array.from({ length: 10 }, () => undefined),
  )
  assert.deepEqual(
    replaced.slice(10),
    Array.from({ length: 20 }, (_, n) => n),
  )
  assert.equal(partition.size, 10)
  assert.equal(partition.search(all[25]!, 0.999, 1)[0]!.item, 25)
  assert.deepEqual(partition.search(all[5]!, 0.999, 1), [])
  partition.remove(25)
  assert.deepEqual(partition.search(all[25]!, 0.999, 1), [])
})

test('vectors of another length begin anew', () => {
  const partition = new Partition<string>(10)
  partition.add('short', Float32Array.of(1, 0))
  partition.add('long', Float32Array.of(1, 0, 0))
  assert.deepEqual(partition.search(Float32Array.of(1, 0), 0, 5), [])
  assert.equal(partition.search(Float32Array.of(1, 0, 0), 0.9, 5)[0]!.item, 'long')
  assert.deepEqual(partition.search(new Float32Array(3), 0.9, 5), [])
})
