/** Keeps responses that a client asked to keep (`store: true`), encrypted and for a time, for the key that did. */

import type { Clock } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import type { StoredConversation } from './conversation.ts'
import type { SealedResponse, StoredResponseStore } from './port.ts'
import { seal, unseal } from './seal.ts'

export interface StoredResponse {
  readonly conversation: StoredConversation
  /** The response object, as the client got it. */
  readonly answer: JsonObject
}

export interface StoredResponsesOptions {
  readonly store: StoredResponseStore
  /** 32 bytes. Another key reads nothing of what this one wrote. */
  readonly key: Uint8Array
  readonly clock: Clock
  readonly ttlSeconds: number
  /** A response whose conversation and answer are larger together, as UTF-8 JSON, is not kept. */
  readonly maxBytes: number
  /** Expired responses could not be deleted; it is tried again. */
  onError(cause: unknown): void
}

export interface StoredResponses {
  /** False when it is too large to keep. Throws when the store fails. */
  keep(owner: ResponseOwner, response: StoredResponse): boolean
  /**
   * What the same key of the same organisation has kept under the id. A response that has expired, that was
   * changed in the store, or that another key has kept is not there. Throws when the store fails.
   */
  find(owner: ResponseOwner): StoredResponse | undefined
  /** False when `find` would not have found it. Throws when the store fails. */
  remove(owner: ResponseOwner): boolean
  /** Ends the deletion of expired responses. */
  close(): void
}

export interface ResponseOwner {
  readonly org: string
  readonly keyId: string
  /** The response's id, as the client knows it. */
  readonly id: string
}

const keyBytes = 32
const pruneEveryMs = 60_000
/** Between two steps of pruning, for the requests that wait. */
const pruneRestMs = 25
const pruneStep = 100

/** Throws when the key is not of 32 bytes. Its timer keeps no process alive. */
export function createStoredResponses(options: StoredResponsesOptions): StoredResponses {
  const { store, key, clock, ttlSeconds, maxBytes } = options
  if (key.byteLength !== keyBytes) throw new Error(`the key of stored responses is not of ${keyBytes} bytes`)
  const pruner = startPruning(options)

  const find = (owner: ResponseOwner): StoredResponse | undefined => {
    const row = store.get(owner.org, owner.keyId, owner.id)
    if (row === undefined || row.expiresAtMs <= clock.nowMs()) return undefined
    const conversation = unseal(key, placeOf(owner, row, 'conversation'), row.conversation)
    const answer = unseal(key, placeOf(owner, row, 'answer'), row.answer)
    if (conversation === undefined || answer === undefined) return undefined
    // Only `keep` can have made text that unseals.
    return {
      conversation: JSON.parse(conversation) as StoredConversation,
      answer: JSON.parse(answer) as JsonObject,
    }
  }

  return {
    keep(owner, response) {
      const conversation = JSON.stringify(response.conversation)
      const answer = JSON.stringify(response.answer)
      if (Buffer.byteLength(conversation) + Buffer.byteLength(answer) > maxBytes) return false
      const createdAtMs = clock.nowMs()
      const life = { createdAtMs, expiresAtMs: createdAtMs + ttlSeconds * 1000 }
      store.put({
        org: owner.org,
        keyId: owner.keyId,
        id: owner.id,
        ...life,
        conversation: seal(key, placeOf(owner, life, 'conversation'), conversation),
        answer: seal(key, placeOf(owner, life, 'answer'), answer),
      })
      return true
    },
    find,
    remove(owner) {
      return find(owner) !== undefined && store.delete(owner.org, owner.keyId, owner.id)
    },
    close: () => pruner.stop(),
  }
}

/** All that says whose a column is and how long it lives: none of it can be changed without losing the text. */
function placeOf(
  { org, keyId, id }: ResponseOwner,
  { createdAtMs, expiresAtMs }: Pick<SealedResponse, 'createdAtMs' | 'expiresAtMs'>,
  column: 'conversation' | 'answer',
): readonly (string | number)[] {
  return [org, 'stored_responses', keyId, id, createdAtMs, expiresAtMs, column]
}

/** Deletes what has expired: step after step while there is more, else a look each minute. */
function startPruning({ store, clock, onError }: StoredResponsesOptions): { stop(): void } {
  let timer: NodeJS.Timeout
  const schedule = (delayMs: number): void => {
    timer = setTimeout(step, delayMs).unref()
  }
  const step = (): void => {
    let deleted = 0
    try {
      deleted = store.prune(clock.nowMs(), pruneStep)
    } catch (cause) {
      onError(cause)
    }
    schedule(deleted === pruneStep ? pruneRestMs : pruneEveryMs)
  }
  schedule(pruneEveryMs)
  return { stop: () => clearTimeout(timer) }
}
