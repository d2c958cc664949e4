/** `/v1/messages/batches` in the shapes of Anthropic's API. */

import type { CallerCall, CallerRoute } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../core/json.ts'
import { type Batch, isOpen } from './batch.ts'
import type { CallerApiParts } from './openai-routes.ts'
import { readCount, readNative } from './read-wish.ts'

const base = '/v1/messages/batches'
const endpoint = '/v1/messages'
/** Anthropic's: a batch ends after a day. */
const completionWindow = '24h'
/** Anthropic's too: 100,000 requests in one body, each of ten names and lists or more. */
const maxMembers = 1_500_000
const customIdPattern = /^[a-zA-Z0-9_-]{1,64}$/

/** https://docs.claude.com/en/api/creating-message-batches */
export function messageBatchRoutes({
  files,
  batches,
  identify,
  results,
}: CallerApiParts): readonly CallerRoute[] {
  const find = async (call: CallerCall): Promise<Batch> => {
    const batch = await batches.get(await identify(call), call.params['id'] ?? '')
    if (batch.dialect === 'anthropic') return batch
    throw new GatewayError('not_found', 'This batch was made through another API: see `/v1/batches`.')
  }
  return [
    {
      method: 'POST',
      path: base,
      async run(call) {
        const owner = await identify(call)
        const input = await files.write(owner, 'messages.jsonl', toLines(await call.json({ maxMembers })))
        const wish = { dialect: 'anthropic', endpoint, inputFileId: input.id, completionWindow } as const
        const isNative = readNative(call, undefined)
        return { body: toMessageBatch(await batches.create(owner, { ...wish, isNative, metadata: {} })) }
      },
    },
    {
      method: 'GET',
      path: base,
      async run(call) {
        const { org, keyId } = await identify(call)
        const { query } = call
        const limit = readCount(query.get('limit'), 'limit', 1000) ?? 20
        const [after, before] = [query.get('after_id') ?? undefined, query.get('before_id') ?? undefined]
        const found = await batches.list({
          org,
          keyId,
          dialect: 'anthropic',
          limit: limit + 1,
          ...(after !== undefined && { after }),
          ...(before !== undefined && { before }),
        })
        const data = (before === undefined ? found.slice(0, limit) : found.slice(-limit)).map(toMessageBatch)
        return {
          body: {
            data,
            has_more: found.length > limit,
            first_id: data[0]?.['id'] ?? null,
            last_id: data.at(-1)?.['id'] ?? null,
          },
        }
      },
    },
    {
      method: 'GET',
      path: `${base}/{id}`,
      run: async (call) => ({ body: toMessageBatch(await find(call)) }),
    },
    {
      method: 'POST',
      path: `${base}/{id}/cancel`,
      async run(call) {
        const { org, keyId, id } = await find(call)
        return { body: toMessageBatch(await batches.cancel({ org, keyId }, id)) }
      },
    },
    {
      method: 'GET',
      path: `${base}/{id}/results`,
      async run(call) {
        const batch = await find(call)
        if (!isOpen(batch.status)) return { contentType: 'application/x-jsonl', content: results(batch) }
        throw new GatewayError('conflict', 'The batch has not ended: its results are not complete.')
      },
    },
    {
      method: 'DELETE',
      path: `${base}/{id}`,
      async run(call) {
        const { org, keyId, id } = await find(call)
        await batches.delete({ org, keyId }, id)
        return { body: { id, type: 'message_batch_deleted' } }
      },
    },
  ]
}

/** The lines of the input file. Throws `invalid_request`: here the batch is refused before it is made. */
function* toLines(body: Json): Generator<Buffer> {
  const requests = asArray(asObject(body)?.['requests'])
  if (requests.length === 0) throw invalid('`requests` must be a list of at least one request.', 'requests')
  const seen = new Set<string>()
  for (const [index, request] of requests.entries()) {
    const { custom_id: customId, params } = asObject(request) ?? {}
    if (asString(customId) === undefined || !customIdPattern.test(customId as string)) {
      throw invalid('Must be 1 to 64 letters, digits, `_` and `-`.', `requests.${index}.custom_id`)
    }
    if (seen.has(customId as string)) {
      throw invalid(`\`${customId as string}\` stands twice.`, `requests.${index}.custom_id`)
    }
    seen.add(customId as string)
    if (!isObject(params)) throw invalid('Must be an object.', `requests.${index}.params`)
    yield Buffer.from(
      `${JSON.stringify({ custom_id: customId, method: 'POST', url: endpoint, body: params })}\n`,
    )
  }
}

function toMessageBatch(batch: Batch): JsonObject {
  const { id, status, stop, total, completed, failed, cancellingAtMs, endedAtMs } = batch
  const rest = Math.max(0, total - completed - failed)
  const hasEnded = !isOpen(status)
  return {
    id,
    type: 'message_batch',
    processing_status: hasEnded ? 'ended' : status === 'cancelling' ? 'canceling' : 'in_progress',
    request_counts: {
      processing: hasEnded ? 0 : rest,
      succeeded: completed,
      errored: failed + (hasEnded && stop === 'max_usd' ? rest : 0),
      canceled: hasEnded && stop === 'cancelled' ? rest : 0,
      expired: hasEnded && stop === 'expired' ? rest : 0,
    },
    created_at: toTime(batch.createdAtMs),
    expires_at: toTime(batch.expiresAtMs),
    ended_at: toTime(endedAtMs),
    cancel_initiated_at: toTime(cancellingAtMs),
    archived_at: null,
    // Below the base URL of whoever asks: what a proxy before the gateway is called is not known here.
    results_url: hasEnded && batch.outputFileId !== undefined ? `${base}/${id}/results` : null,
  }
}

function toTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}

function invalid(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\`: ${message}`, { param })
}
