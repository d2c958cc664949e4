/** What the cache needs stored, counted and told. A storage implements it; it sees of this folder only this file. */

export type Awaitable<Value> = Value | Promise<Value>

/** One answer, as a store keeps it. */
export interface StoredAnswer {
  /** The tenant: entries of one are never seen by another. */
  readonly org: string
  /** Names the question within the tenant. */
  readonly key: string
  /** What the answer was asked of: a route's name, or `provider/model`. */
  readonly destination: string
  readonly tags: readonly string[]
  readonly value: Uint8Array
  /** Unix milliseconds. */
  readonly expiresAtMs: number
}

/** What a store gives of an answer. */
export interface KeptValue {
  readonly value: Uint8Array
  /** Unix milliseconds. Absent where only the server knows. */
  readonly expiresAtMs?: number
}

/** Every condition given must hold; without one, all of the tenant's entries. */
export interface PurgeFilter {
  readonly destination?: string
  readonly tag?: string
}

export interface AnswerStoreSize {
  readonly entries: number
  /** Of the values. */
  readonly bytes: number
}

/**
 * Keeps answers within a bound of bytes: what was not used longest goes first. What it loses is only a hint that is
 * gone. It may throw or reject; the cache takes that for a miss.
 */
export interface AnswerStore {
  /** Undefined where there is none, or it has expired. */
  get(org: string, key: string): Awaitable<KeptValue | undefined>
  set(answer: StoredAnswer): Awaitable<void>
  remove(org: string, key: string): Awaitable<void>
  /** Tells how many entries went. */
  purge(org: string, filter: PurgeFilter): Awaitable<number>
  /** Absent where only the server knows. */
  size?(): AnswerStoreSize
}

/** A question that was answered, as an index keeps it. */
export interface IndexedQuestion {
  /** The tenant: all of its questions can be forgotten together. */
  readonly org: string
  /** Names all that two questions must have in common, the tenant too. */
  readonly partition: string
  /** Of its answer in the store. */
  readonly key: string
  readonly text: string
  readonly vector: Float32Array
  /** Unix milliseconds: its answer is gone then. */
  readonly expiresAtMs: number
  /** What the partition keeps at most; the oldest go first. */
  readonly maxEntries: number
}

export interface NearQuestion {
  readonly key: string
  readonly text: string
  /** Cosine. */
  readonly similarity: number
}

/** Keeps questions beyond what a thread can scan. It may reject; the cache takes that for a miss. */
export interface QuestionIndex {
  add(question: IndexedQuestion): Promise<void>
  remove(partition: string, key: string): Promise<void>
  /** Deletes all questions of the tenant. */
  forget(org: string): Promise<void>
  /** Nearest first. Those of vectors of another length are never near. */
  nearest(partition: string, vector: Float32Array, limit: number): Promise<readonly NearQuestion[]>
}
