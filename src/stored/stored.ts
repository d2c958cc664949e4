/** Keeps responses that a client asked to keep (`store: true`), encrypted and for a time, for the key that did. */

import type { Clock } from '../core/clock.ts'
import { asArray, isObject, type JsonObject } from '../core/json.ts'
import { Roster } from '../core/roster.ts'
import { startPruning } from '../housekeeping/pruning.ts'
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
  keep(owner: ResponseOwner & { readonly user?: string }, response: StoredResponse): Promise<boolean>
  /**
   * What the same key of the same organisation has kept under the id. A response that has expired, that was
   * changed in the store, or that another key has kept is not there. One that is being kept here is waited for.
   * Throws when the store fails.
   */
  find(owner: ResponseOwner): Promise<StoredResponse | undefined>
  /** An item of an answer that the same key has kept, as the client got it. Rejects when the store fails. */
  findItem(owner: Omit<ResponseOwner, 'id'>, itemId: string): Promise<JsonObject | undefined>
  /** False when `find` would not have found it. Throws when the store fails. */
  remove(owner: ResponseOwner): Promise<boolean>
  /** Ends the deletion of expired responses; done when none is under way. */
  close(): Promise<void>
}

export interface ResponseOwner {
  readonly org: string
  readonly keyId: string
  /** The response's id, as the client knows it. */
  readonly id: string
}

const keyBytes = 32

/** Throws when the key is not of 32 bytes. Its timer keeps no process alive. */
export function createStoredResponses(options: StoredResponsesOptions): StoredResponses {
  const { store, key, clock, ttlSeconds, maxBytes } = options
  if (key.byteLength !== keyBytes) throw new Error(`the key of stored responses is not of ${keyBytes} bytes`)
  const pruning = startPruning({
    step: (limit) => store.prune(clock.nowMs(), limit),
    onError: options.onError,
  })
  // A streamed answer has reached the client by now: its continuation may come before the row is written.
  const beingKept = new Roster<{ readonly name: string; readonly written: Promise<void> }>()

  const open = (row: SealedResponse | undefined): StoredResponse | undefined => {
    if (row === undefined || row.expiresAtMs <= clock.nowMs()) return undefined
    const owner: ResponseOwner = row
    const conversation = unseal(key, placeOf(owner, row, 'conversation'), row.conversation)
    const answer = unseal(key, placeOf(owner, row, 'answer'), row.answer)
    if (conversation === undefined || answer === undefined) return undefined
    // Only `keep` can have made text that unseals.
    return {
      conversation: JSON.parse(conversation) as StoredConversation,
      answer: JSON.parse(answer) as JsonObject,
    }
  }

  const find = async (owner: ResponseOwner): Promise<StoredResponse | undefined> => {
    const name = nameOf(owner)
    const same = Array.from(beingKept).filter((each) => each.name === name)
    await Promise.allSettled(same.map(({ written }) => written))
    return open(await store.get(owner.org, owner.keyId, owner.id))
  }

  return {
    async keep(owner, response) {
      const conversation = JSON.stringify(response.conversation)
      const answer = JSON.stringify(response.answer)
      if (Buffer.byteLength(conversation) + Buffer.byteLength(answer) > maxBytes) return false
      const createdAtMs = clock.nowMs()
      const life = { createdAtMs, expiresAtMs: createdAtMs + ttlSeconds * 1000 }
      const row = {
        org: owner.org,
        keyId: owner.keyId,
        id: owner.id,
        ...(owner.user !== undefined && { user: owner.user }),
        ...life,
        conversation: seal(key, placeOf(owner, life, 'conversation'), conversation),
        answer: seal(key, placeOf(owner, life, 'answer'), answer),
      }
      const ids = itemsOf(response.answer).flatMap(({ id }) => (typeof id === 'string' ? [id] : []))
      const written = store.put(row, [...new Set(ids)])
      const place = beingKept.add({ name: nameOf(owner), written })
      try {
        await written
        return true
      } finally {
        beingKept.remove(place)
      }
    },
    find,
    async findItem({ org, keyId }, itemId) {
      await Promise.allSettled(Array.from(beingKept, ({ written }) => written))
      const found = open(await store.getByItem(org, keyId, itemId))
      return found && itemsOf(found.answer).find(({ id }) => id === itemId)
    },
    async remove(owner) {
      return (await find(owner)) !== undefined && store.delete(owner.org, owner.keyId, owner.id)
    },
    close: () => pruning.stop(),
  }
}

/** What a response put out, item by item. */
function itemsOf(answer: JsonObject): readonly JsonObject[] {
  return asArray(answer['output']).filter(isObject)
}

function nameOf({ org, keyId, id }: ResponseOwner): string {
  return JSON.stringify([org, keyId, id])
}

/** All that says whose a column is and how long it lives: none of it can be changed without losing the text. */
function placeOf(
  { org, keyId, id }: ResponseOwner,
  { createdAtMs, expiresAtMs }: Pick<SealedResponse, 'createdAtMs' | 'expiresAtMs'>,
  column: 'conversation' | 'answer',
): readonly (string | number)[] {
  return [org, 'stored_responses', keyId, id, createdAtMs, expiresAtMs, column]
}
