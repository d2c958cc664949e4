/** One request that is answered later, by a batch of one line, with all that holds for batches. */

import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import type { Batch, BatchDialect, Owner } from './batch.ts'
import type { Batches } from './batches.ts'
import type { Files } from './files.ts'
import { carriedHeaders } from './request-line.ts'

export interface SingleRequest {
  readonly owner: Owner & { readonly keyName: string }
  readonly dialect: Extract<BatchDialect, 'deferred' | 'background'>
  readonly endpoint: string
  readonly body: JsonObject
  /** Whom it names. */
  readonly user: string | undefined
  header(name: string): string | undefined
}

/** Rejects with GatewayError where its key has too many that wait. */
export async function submitSingle(
  { owner, dialect, endpoint, body, user, header }: SingleRequest,
  { files, batches }: { readonly files: Pick<Files, 'write'>; readonly batches: Batches },
): Promise<Batch> {
  await batches.admitSingle(owner)
  const headers = Object.fromEntries(
    carriedHeaders.flatMap((name) => {
      const value = header(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const line = JSON.stringify({ custom_id: dialect, method: 'POST', url: endpoint, body, headers })
  const input = await files.write(owner, `${dialect}.jsonl`, [Buffer.from(line)])
  return batches.create(owner, {
    dialect,
    endpoint,
    inputFileId: input.id,
    completionWindow: '24h',
    metadata: user === undefined ? {} : { user },
    // A provider's own batch takes its time.
    isNative: false,
  })
}

/** Throws `invalid_request`. */
export function refuseStream({ stream }: JsonObject): void {
  if (stream !== true) return
  const message = 'What is answered later cannot be streamed: look for it by its id.'
  throw new GatewayError('invalid_request', message, { param: 'stream' })
}

/** The whole of it: a request, or its answer. */
export async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
