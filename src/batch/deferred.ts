/** Single requests that are answered later: each is a batch of one line, with all that holds for batches. */

import type { CallerIdentity, CallerReply, CallerRoute } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { asObject, asString, isObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { type Batch, isOpen, isSingle, type Owner } from './batch.ts'
import type { Batches } from './batches.ts'
import type { Files } from './files.ts'
import { isEndpoint } from './request-line.ts'
import { refuseStream, submitSingle, textOf } from './single-request.ts'

export interface DeferredParts {
  readonly files: Pick<Files, 'write'>
  readonly batches: Batches
  /** Throws `authentication_failed` and its like. */
  identify(caller: CallerIdentity): Promise<Owner & { readonly keyName: string }>
  results(batch: Batch): AsyncIterable<Uint8Array>
}

/** A request of the data path that asks to be answered later. */
export interface DeferredCall extends CallerIdentity {
  readonly path: string
  header(name: string): string | undefined
  json(): Promise<Json>
}

export type Defer = (call: DeferredCall) => Promise<CallerReply>

/** Answers 202 with an id, under which the answer is found. Throws GatewayError. */
export function createDefer(parts: DeferredParts): Defer {
  return async (call) => {
    const owner = await parts.identify(call)
    const { path: endpoint } = call
    if (!isEndpoint(endpoint)) {
      throw new GatewayError('invalid_request', 'Requests on this path cannot be answered later.')
    }
    const body = await call.json()
    if (!isObject(body)) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
    refuseStream(body)
    const wish = { owner, dialect: 'deferred', endpoint, body, user: userOf(call, body) } as const
    const batch = await submitSingle({ ...wish, header: (name) => call.header(name) }, parts)
    return { status: 202, body: toDeferred(batch) }
  }
}

/** Whom the request names, as far as its dialect has a place for it. */
function userOf(call: DeferredCall, body: JsonObject): string | undefined {
  return (
    call.header('x-weir-user') ?? asString(body['user']) ?? asString(asObject(body['metadata'])?.['user_id'])
  )
}

/** True where the deferred request named this user, whosever key it came with. */
export function isDeferredFor({ dialect, metadata }: Batch, user: string): boolean {
  return isSingle(dialect) && metadata['user'] === user
}

/** `/v1/deferred`, which is Weir's own. */
export function deferredRoutes({ batches, identify, results }: DeferredParts): readonly CallerRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/deferred/{id}',
      async run(call) {
        const batch = await batches.get(await identify(call), call.params['id'] ?? '')
        if (isOpen(batch.status)) return { status: 202, body: toDeferred(batch) }
        return { body: { ...toDeferred(batch), ...(await readOutcome(batch, results(batch))) } }
      },
    },
    {
      method: 'POST',
      path: '/v1/deferred/{id}/cancel',
      run: async (call) => ({
        body: toDeferred(await batches.cancel(await identify(call), call.params['id'] ?? '')),
      }),
    },
    {
      method: 'DELETE',
      path: '/v1/deferred/{id}',
      async run(call) {
        const id = call.params['id'] ?? ''
        await batches.delete(await identify(call), id)
        return { body: { id, object: 'deferred', deleted: true } }
      },
    },
  ]
}

function toDeferred({ id, status, createdAtMs, endedAtMs }: Batch): JsonObject {
  return {
    id,
    object: 'deferred',
    status,
    created_at: Math.floor(createdAtMs / 1000),
    ended_at: endedAtMs === undefined ? null : Math.floor(endedAtMs / 1000),
  }
}

/** What the request was answered with, in its own dialect; or why it was not. */
async function readOutcome({ faults }: Batch, content: AsyncIterable<Uint8Array>): Promise<JsonObject> {
  const [fault] = faults
  if (fault) return { response: null, error: { code: fault.code, message: fault.message } }
  const line = asObject(parseJson(await textOf(content)))
  return { response: line?.['response'] ?? null, error: line?.['error'] ?? null }
}
