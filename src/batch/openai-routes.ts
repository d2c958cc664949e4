/** `/v1/files` and `/v1/batches` in the shapes of OpenAI's API. */

import type { CallerCall, CallerIdentity, CallerReply, CallerRoute } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { asObject, asString, defined, isObject, type Json, type JsonObject } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import type { Batch, BatchUsage, Owner } from './batch.ts'
import type { Batches } from './batches.ts'
import { readTtl } from './file-form.ts'
import type { Files } from './files.ts'
import { readCount, readMaxUsd, readMetadata, readNative } from './read-wish.ts'
import type { StoredFile } from './port.ts'

export interface CallerApiParts {
  readonly files: Files
  readonly batches: Batches
  /** Rejects with GatewayError (`authentication_failed` and its like), also for those in whose name nothing can be left behind. */
  identify(caller: CallerIdentity): Promise<Owner & { readonly keyName: string }>
  /** The results so far, in the order in which they came; of those a caller may see. */
  results(batch: Batch): AsyncIterable<Uint8Array>
}

/** https://platform.openai.com/docs/api-reference/files */
export function fileRoutes({ files, identify }: CallerApiParts): readonly CallerRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/files',
      async run(call) {
        const owner = await identify(call)
        const announced = Number(call.header('content-length') ?? 0)
        return { body: toFileObject(await files.receive(owner, call.form(), announced)) }
      },
    },
    {
      method: 'GET',
      path: '/v1/files',
      async run(call) {
        const { org, keyId } = await identify(call)
        const { query } = call
        const limit = readCount(query.get('limit'), 'limit', 10_000) ?? 10_000
        const order = query.get('order') === 'asc' ? 'asc' : 'desc'
        const [purpose, after] = [query.get('purpose') ?? undefined, query.get('after') ?? undefined]
        const found = await files.list({
          org,
          keyId,
          order,
          limit: limit + 1,
          ...(purpose !== undefined && { purpose }),
          ...(after !== undefined && { after }),
        })
        return { body: toList(found.map(toFileObject), limit) }
      },
    },
    {
      method: 'GET',
      path: '/v1/files/{id}',
      run: async (call) => ({ body: toFileObject(await files.get(await identify(call), idOf(call))) }),
    },
    {
      method: 'GET',
      path: '/v1/files/{id}/content',
      async run(call) {
        const { file, content } = await files.content(await identify(call), idOf(call))
        return { contentType: 'application/octet-stream', bytes: file.bytes, content }
      },
    },
    {
      method: 'DELETE',
      path: '/v1/files/{id}',
      async run(call) {
        await files.delete(await identify(call), idOf(call))
        return { body: { id: idOf(call), object: 'file', deleted: true } }
      },
    },
  ]
}

/** https://platform.openai.com/docs/api-reference/batch, and `/results`, which is Weir's own. */
export function batchRoutes({ batches, identify, results }: CallerApiParts): readonly CallerRoute[] {
  const find = async (call: CallerCall): Promise<Batch> => batches.get(await identify(call), idOf(call))
  return [
    {
      method: 'POST',
      path: '/v1/batches',
      async run(call) {
        const owner = await identify(call)
        const body = asObject(await call.json())
        if (!body) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
        const outputTtlSeconds = readOutputTtl(body['output_expires_after'])
        const maxNanoUsd = readMaxUsd(body['max_usd'])
        const batch = await batches.create(owner, {
          dialect: 'openai',
          endpoint: textOf(body, 'endpoint'),
          inputFileId: textOf(body, 'input_file_id'),
          completionWindow: textOf(body, 'completion_window'),
          metadata: readMetadata(body['metadata']),
          isNative: readNative(call, body['native']),
          ...(maxNanoUsd !== undefined && { maxNanoUsd }),
          ...(outputTtlSeconds !== undefined && { outputTtlSeconds }),
        })
        return { body: toBatchObject(batch) }
      },
    },
    {
      method: 'GET',
      path: '/v1/batches',
      async run(call) {
        const { org, keyId } = await identify(call)
        const limit = readCount(call.query.get('limit'), 'limit', 100) ?? 20
        const after = call.query.get('after') ?? undefined
        const query = { org, keyId, dialect: 'openai', limit: limit + 1 } as const
        const found = await batches.list({ ...query, ...(after !== undefined && { after }) })
        return { body: toList(found.map(toBatchObject), limit) }
      },
    },
    {
      method: 'GET',
      path: '/v1/batches/{id}',
      run: async (call) => ({ body: toBatchObject(await find(call)) }),
    },
    {
      method: 'POST',
      path: '/v1/batches/{id}/cancel',
      async run(call): Promise<CallerReply> {
        return { body: toBatchObject(await batches.cancel(await identify(call), idOf(call))) }
      },
    },
    {
      method: 'GET',
      path: '/v1/batches/{id}/results',
      run: async (call) => ({ contentType: 'application/x-ndjson', content: results(await find(call)) }),
    },
  ]
}

function idOf({ params }: CallerCall): string {
  return params['id'] ?? ''
}

function textOf(body: JsonObject, name: string): string {
  const text = asString(body[name])
  if (text !== undefined && text !== '') return text
  throw new GatewayError('invalid_request', `\`${name}\` must be a text.`, { param: name })
}

function readOutputTtl(value: Json | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) {
    throw new GatewayError('invalid_request', '`output_expires_after` must be an object.', {
      param: 'output_expires_after',
    })
  }
  return readTtl(value['anchor'], value['seconds'])
}

/** `items` has one more than asked for where there are more. */
function toList(items: readonly JsonObject[], limit: number): JsonObject {
  const data = items.slice(0, limit)
  return {
    object: 'list',
    data,
    first_id: data[0]?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
    has_more: items.length > limit,
  }
}

function toFileObject(file: StoredFile): JsonObject {
  return defined({
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: toSeconds(file.createdAtMs),
    expires_at: toSeconds(file.expiresAtMs),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
  })
}

/** Times that have not come are null, as OpenAI has them. */
function toBatchObject(batch: Batch): JsonObject {
  const { status, faults, stop } = batch
  const endedAs = (...ends: readonly Batch['status'][]) =>
    ends.includes(status) ? (toSeconds(batch.endedAtMs) ?? null) : null
  return defined({
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    errors: faults.length === 0 ? null : { object: 'list', data: faults.map(toFaultObject) },
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status,
    output_file_id: batch.outputFileId ?? null,
    error_file_id: batch.errorFileId ?? null,
    created_at: toSeconds(batch.createdAtMs),
    in_progress_at: toSeconds(batch.startedAtMs) ?? null,
    expires_at: toSeconds(batch.expiresAtMs),
    finalizing_at: toSeconds(batch.finalizingAtMs) ?? null,
    completed_at: endedAs('completed'),
    failed_at: endedAs('failed'),
    expired_at: endedAs('expired'),
    cancelling_at: toSeconds(batch.cancellingAtMs) ?? null,
    cancelled_at: endedAs('cancelled'),
    request_counts: { total: batch.total, completed: batch.completed, failed: batch.failed },
    usage: toUsageObject(batch.usage),
    metadata: Object.keys(batch.metadata).length === 0 ? null : batch.metadata,
    weir: defined({
      cost_usd: formatUsd(batch.costNanoUsd),
      max_usd: batch.maxNanoUsd === undefined ? undefined : formatUsd(batch.maxNanoUsd),
      native: batch.isNative ? true : undefined,
      paused: batch.isPaused ? true : undefined,
      stop,
    }),
  })
}

function toUsageObject({
  inputTokens,
  cacheReadTokens,
  outputTokens,
  reasoningTokens,
}: BatchUsage): JsonObject {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cacheReadTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  }
}

function toFaultObject({ code, line, message, param }: Batch['faults'][number]): JsonObject {
  return { code, line: line ?? null, message, param: param ?? null }
}

function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.floor(ms / 1000)
}
