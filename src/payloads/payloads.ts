/** Reads recorded payloads, and deletes those of a user. */

import type { Whose } from '../core/whose.ts'
import { readContent } from './content.ts'
import type { Payload, PayloadReader, PayloadSealing, PayloadStore, SealedPayload } from './port.ts'
import { placeOf } from './recorder.ts'

export interface PayloadsParts {
  readonly store: PayloadStore
  readonly sealing: PayloadSealing
  /** What is still queued is written first: it is to be found, and to be forgotten. */
  flush(): Promise<void>
}

export interface Payloads extends PayloadReader {
  /** Tells how many. */
  forget(org: string, whose: Whose): Promise<number>
}

export function createPayloads({ store, sealing, flush }: PayloadsParts): Payloads {
  const open = async (row: SealedPayload): Promise<Payload> => {
    const { sealed, keyVersion, bytes, ...head } = row
    if (bytes === 0) return head
    const text = await sealing.unseal(row.org, keyVersion, placeOf(row), sealed)
    return text === undefined ? head : { ...head, content: readContent(text) }
  }
  return {
    async list(query) {
      await flush()
      const { data, nextCursor } = await store.search(query)
      const opened: Payload[] = []
      for (const row of data) opened.push(await open(row))
      return { data: opened, ...(nextCursor !== undefined && { nextCursor }) }
    },
    async get(org, id) {
      await flush()
      const row = await store.get(org, id)
      return row && open(row)
    },
    async forget(org, whose) {
      await flush()
      return store.forget(org, whose)
    },
  }
}
