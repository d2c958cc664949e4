/** What stored responses need kept. A storage implements it; it sees of this folder only this file. */

import type { Whose } from '../core/whose.ts'

/** One response with its conversation, sealed: the store can tell neither from noise. */
export interface SealedResponse {
  readonly org: string
  readonly keyId: string
  /** As the client knows it; unique for one key only, because providers make these ids. */
  readonly id: string
  /** Whom the request named, to be forgotten by. */
  readonly user?: string
  /** Unix milliseconds. */
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly conversation: Uint8Array
  readonly answer: Uint8Array
}

export interface StoredResponseStore {
  /** Replaces what the key has stored under this id. `itemIds` are those of the answer's items. */
  put(row: SealedResponse, itemIds: readonly string[]): Promise<void>
  /** Also one that has expired but is not pruned yet. */
  get(org: string, keyId: string, id: string): Promise<SealedResponse | undefined>
  /** The response that has this item in its answer, the latest where there are several. */
  getByItem(org: string, keyId: string, itemId: string): Promise<SealedResponse | undefined>
  /** False when there is none. */
  delete(org: string, keyId: string, id: string): Promise<boolean>
  /** Deletes all of them and tells how many. */
  forget(org: string, whose: Whose): Promise<number>
  /** Deletes at most `limit` responses that expired by then and tells how many. */
  prune(nowMs: number, limit: number): Promise<number>
}
