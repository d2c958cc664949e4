/** The thread of the semantic index: the vectors, the words of the questions, and the comparing of both. */

import { parentPort } from 'node:worker_threads'
import type { IndexedQuestion } from '../port.ts'
import { type Choice, choose, maxNeighbours } from './choice.ts'
import { Partition } from './partition.ts'

/** A question that was answered. */
interface Indexed {
  /** Of its answer in the store. */
  readonly key: string
  readonly text: string
}

export type SearchCall =
  | ({ readonly type: 'add' } & IndexedQuestion)
  | { readonly type: 'remove'; readonly partition: string; readonly key: string }
  | { readonly type: 'forget'; readonly org: string }
  | {
      readonly type: 'search'
      readonly id: number
      readonly partition: string
      readonly text: string
      readonly vector: Float32Array
      readonly threshold: number
    }

export type SearchReply = { readonly id: number } & Choice

/** Over all partitions; the partition that was used longest ago goes first. */
const maxVectors = 200_000
/** Each conversation has its own, and the least of them takes some 100 KiB. */
const maxPartitions = 1_000

const partitions = new Map<
  string,
  { readonly org: string; readonly vectors: Partition<Indexed>; readonly byKey: Map<string, Indexed> }
>()

function add(question: Extract<SearchCall, { type: 'add' }>): void {
  const { org, partition: name, key, text, vector, maxEntries } = question
  let partition = partitions.get(name)
  if (partition?.byKey.has(key)) return
  partition ??= { org, vectors: new Partition<Indexed>(maxEntries), byKey: new Map() }
  const item = { key, text }
  const replaced = partition.vectors.add(item, vector)
  if (replaced) partition.byKey.delete(replaced.key)
  partition.byKey.set(key, item)
  touch(name, partition)
  makeRoom()
}

function touch(name: string, partition: NonNullable<ReturnType<typeof partitions.get>>): void {
  partitions.delete(name)
  partitions.set(name, partition)
}

function makeRoom(): void {
  let total = 0
  for (const { vectors } of partitions.values()) total += vectors.size
  for (const [name, { vectors }] of partitions) {
    const isWithin = total <= maxVectors && partitions.size <= maxPartitions
    if (isWithin || partitions.size === 1) return
    partitions.delete(name)
    total -= vectors.size
  }
}

function remove(name: string, key: string): void {
  const partition = partitions.get(name)
  const item = partition?.byKey.get(key)
  if (!partition || !item) return
  partition.vectors.remove(item)
  partition.byKey.delete(key)
}

function forget(org: string): void {
  for (const [name, partition] of partitions) if (partition.org === org) partitions.delete(name)
}

function search({
  id,
  partition: name,
  text,
  vector,
  threshold,
}: Extract<SearchCall, { type: 'search' }>): SearchReply {
  const partition = partitions.get(name)
  if (!partition) return { id }
  touch(name, partition)
  const near = partition.vectors.search(vector, threshold, maxNeighbours)
  return {
    id,
    ...choose(
      text,
      near.map(({ item, similarity }) => ({ ...item, similarity })),
    ),
  }
}

parentPort?.on('message', (call: SearchCall) => {
  if (call.type === 'add') add(call)
  else if (call.type === 'remove') remove(call.partition, call.key)
  else if (call.type === 'forget') forget(call.org)
  else parentPort?.postMessage(search(call))
})
