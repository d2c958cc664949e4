/** The vectors of questions that may answer each other, and the exact search among them. */

import { createMemory, createScan, type Scan } from './dot-product.ts'

/** Components that are scanned as int8; what comes out best is scored again with all of them. */
const scannedWidth = 384
/** Most partitions are of one conversation, and stay small. */
const firstCapacity = 16
const pageBytes = 65_536
/** How many of the scanned are scored again. */
const rescored = 50

export interface Neighbour<Item> {
  readonly item: Item
  /** Cosine. */
  readonly similarity: number
}

/** A ring of the last `maxEntries` vectors. All of one length; one of another length empties it first. */
export class Partition<Item> {
  readonly #maxEntries: number
  readonly #items: (Item | undefined)[] = []
  readonly #memory = createMemory()
  readonly #scan: Scan = createScan(this.#memory)
  #capacity = 0
  #dims = 0
  #width = 0
  #size = 0
  #next = 0
  #scales = new Float32Array(0)
  #whole = new Float16Array(0)

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#size
  }

  /** Gives the item whose place it took. The vector need not be normal. */
  add(item: Item, vector: Float32Array): Item | undefined {
    if (vector.length !== this.#dims) this.#begin(vector.length)
    if (this.#next >= this.#capacity) this.#grow()
    const at = this.#next
    const unit = normal(vector)
    this.#scales[at] = quantise(unit, this.#rows(at))
    this.#whole.set(unit, at * this.#dims)
    const replaced = this.#items[at]
    this.#items[at] = item
    this.#size = Math.max(this.#size, at + 1)
    this.#next = (at + 1) % this.#maxEntries
    return replaced
  }

  remove(item: Item): void {
    const at = this.#items.indexOf(item)
    if (at >= 0) this.#items[at] = undefined // its row stays until the ring comes round
  }

  /** The nearest of at least `threshold`, nearest first. */
  search(vector: Float32Array, threshold: number, limit: number): Neighbour<Item>[] {
    if (this.#size === 0 || vector.length !== this.#dims) return []
    const unit = normal(vector)
    const found: Neighbour<Item>[] = []
    for (const at of this.#candidates(unit)) {
      const item = this.#items[at]
      if (item === undefined) continue
      const similarity = this.#similarity(unit, at)
      if (similarity >= threshold) found.push({ item, similarity })
    }
    return found.sort((one, other) => other.similarity - one.similarity).slice(0, limit)
  }

  /** The rows with the largest dot products, in no order. */
  #candidates(unit: Float32Array): number[] {
    const query = new Int8Array(this.#memory.buffer, 0, this.#width)
    query.fill(0)
    quantise(unit, query)
    const out = this.#width * (1 + this.#capacity)
    this.#scan(0, this.#width, this.#size, this.#width, out)
    const products = new Int32Array(this.#memory.buffer, out, this.#size)
    const best: number[] = []
    const scores: number[] = []
    let least = -Infinity
    for (let at = 0; at < this.#size; at++) {
      const score = products[at]! * this.#scales[at]!
      if (score <= least) continue
      insert(best, scores, at, score)
      if (best.length > rescored) {
        best.pop()
        scores.pop()
      }
      if (best.length === rescored) least = scores.at(-1)!
    }
    return best
  }

  #similarity(unit: Float32Array, at: number): number {
    const from = at * this.#dims
    let sum = 0
    for (let n = 0; n < this.#dims; n++) sum += unit[n]! * this.#whole[from + n]!
    return sum
  }

  #rows(at: number): Int8Array {
    return new Int8Array(this.#memory.buffer, this.#width * (1 + at), this.#width)
  }

  #begin(dims: number): void {
    this.#dims = dims
    this.#width = Math.ceil(Math.min(dims, scannedWidth) / 16) * 16
    this.#items.length = 0
    this.#capacity = 0
    this.#size = 0
    this.#next = 0
    this.#scales = new Float32Array(0)
    this.#whole = new Float16Array(0)
  }

  #grow(): void {
    const capacity = Math.min(this.#maxEntries, Math.max(firstCapacity, this.#capacity * 2))
    // The query, the rows, and a product for each of them.
    const bytes = this.#width * (1 + capacity) + 4 * capacity
    const missing = Math.ceil(bytes / pageBytes) - this.#memory.buffer.byteLength / pageBytes
    if (missing > 0) this.#memory.grow(missing)
    this.#capacity = capacity
    this.#scales = grown(new Float32Array(capacity), this.#scales)
    this.#whole = grown(new Float16Array(capacity * this.#dims), this.#whole)
  }
}

function grown<List extends Float32Array | Float16Array>(larger: List, list: List): List {
  larger.set(list)
  return larger
}

function insert(best: number[], scores: number[], at: number, score: number): void {
  let place = best.length
  while (place > 0 && scores[place - 1]! < score) place--
  best.splice(place, 0, at)
  scores.splice(place, 0, score)
}

function normal(vector: Float32Array): Float32Array {
  let sum = 0
  for (const component of vector) sum += component * component
  const length = Math.sqrt(sum)
  return length === 0 ? vector : vector.map((component) => component / length)
}

/** Fills `row` and gives what its values are to be multiplied by. */
function quantise(unit: Float32Array, row: Int8Array): number {
  let most = 0
  for (let n = 0; n < row.length && n < unit.length; n++) most = Math.max(most, Math.abs(unit[n]!))
  if (most === 0) return 0
  for (let n = 0; n < row.length && n < unit.length; n++) row[n] = Math.round((unit[n]! / most) * 127)
  return most / 127
}
