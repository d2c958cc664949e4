/** Responses that are made in the background (`background: true`), in the shapes of OpenAI's API. */

import type { CallerCall, CallerIdentity, CallerRoute } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { asObject, asString, type JsonObject, parseJson } from '../core/json.ts'
import { type Batch, isOpen, type Owner } from './batch.ts'
import type { Batches } from './batches.ts'
import type { Files } from './files.ts'
import { refuseStream, submitSingle, textOf } from './single-request.ts'

export interface BackgroundParts {
  readonly files: Pick<Files, 'write' | 'content'>
  readonly batches: Batches
  /** Throws `authentication_failed` and its like. */
  identify(caller: CallerIdentity): Promise<Owner>
  results(batch: Batch): AsyncIterable<Uint8Array>
}

/** A request of the data path that is to be answered later; its caller may make it. */
export interface BackgroundCall {
  readonly owner: Owner & { readonly keyName: string }
  readonly body: JsonObject
  readonly user: string | undefined
  header(name: string): string | undefined
}

export type Background = (call: BackgroundCall) => Promise<JsonObject>

/** What the ids of such responses begin with, so that they are not looked for among those that were kept. */
export const backgroundPrefix = 'resp_bg_'
const endpoint = '/v1/responses'

/** Makes a batch of one line, whose id is the response's. Rejects with GatewayError. */
export function createBackground(parts: Pick<BackgroundParts, 'files' | 'batches'>): Background {
  return async ({ body: { background: _, ...body }, ...call }) => {
    refuseStream(body)
    const batch = await submitSingle({ ...call, dialect: 'background', endpoint, body }, parts)
    return toResponse(batch, body)
  }
}

/** https://platform.openai.com/docs/guides/background */
export function backgroundRoutes(parts: BackgroundParts): readonly CallerRoute[] {
  const { batches, identify } = parts
  const find = async (call: CallerCall): Promise<Batch> => {
    const batch = await batches.get(await identify(call), call.params['id'] ?? '')
    if (batch.dialect === 'background') return batch
    throw new GatewayError('not_found', `There is no response \`${batch.id}\`.`)
  }
  return [
    {
      method: 'GET',
      path: '/v1/responses/{id}',
      async run(call) {
        refuseStream({ stream: call.query.get('stream') === 'true' })
        return { body: await readResponse(await find(call), parts) }
      },
    },
    {
      method: 'POST',
      path: '/v1/responses/{id}/cancel',
      async run(call) {
        const batch = await find(call)
        const { org, keyId, id } = batch
        const isOver = !isOpen(batch.status) || batch.status === 'finalizing'
        const now = isOver ? batch : await batches.cancel({ org, keyId }, id)
        return { body: await readResponse(now, parts) }
      },
    },
    {
      method: 'DELETE',
      path: '/v1/responses/{id}',
      async run(call) {
        const { org, keyId, id } = await find(call)
        await batches.delete({ org, keyId }, id)
        return { body: { id, object: 'response', deleted: true } }
      },
    },
  ]
}

async function readResponse(batch: Batch, { files, results }: BackgroundParts): Promise<JsonObject> {
  const input = await files.content(batch, batch.inputFileId)
  const asked = asObject(asObject(parseJson(await textOf(input.content)))?.['body']) ?? {}
  const response = toResponse(batch, asked)
  const { status } = batch
  if (isOpen(status) || status === 'cancelled') return response
  const [fault] = batch.faults
  if (fault) return { ...response, error: { code: 'invalid_prompt', message: fault.message } }
  const line = asObject(parseJson(await textOf(results(batch))))
  const answered = asObject(line?.['response'])
  const body = asObject(answered?.['body'])
  if (body && Number(answered?.['status_code']) < 300) return { ...body, id: batch.id, background: true }
  return { ...response, error: errorOf(Number(answered?.['status_code'] ?? 500), body ?? line) }
}

/** In the words that such a response has for it. */
function errorOf(status: number, body: JsonObject | undefined): JsonObject {
  const message = asString(asObject(body?.['error'])?.['message']) ?? 'The response could not be made.'
  const code = status === 429 ? 'rate_limit_exceeded' : status < 500 ? 'invalid_prompt' : 'server_error'
  return { code, message }
}

const statuses: Readonly<Record<Batch['status'], string>> = {
  validating: 'queued',
  in_progress: 'in_progress',
  finalizing: 'in_progress',
  cancelling: 'cancelled',
  cancelled: 'cancelled',
  // Without an answer: that of one that has it says itself how it ended.
  completed: 'failed',
  expired: 'failed',
  failed: 'failed',
}

/** Without its answer. */
function toResponse({ id, status, createdAtMs }: Batch, asked: JsonObject): JsonObject {
  return {
    id,
    object: 'response',
    created_at: Math.floor(createdAtMs / 1000),
    status: statuses[status],
    background: true,
    error: null,
    incomplete_details: null,
    instructions: asked['instructions'] ?? null,
    max_output_tokens: asked['max_output_tokens'] ?? null,
    metadata: asked['metadata'] ?? {},
    model: asked['model'] ?? '',
    output: [],
    parallel_tool_calls: asked['parallel_tool_calls'] ?? true,
    previous_response_id: asked['previous_response_id'] ?? null,
    reasoning: asked['reasoning'] ?? { effort: null, summary: null },
    store: asked['store'] ?? true,
    temperature: asked['temperature'] ?? null,
    text: asked['text'] ?? { format: { type: 'text' } },
    tool_choice: asked['tool_choice'] ?? 'auto',
    tools: asked['tools'] ?? [],
    top_p: asked['top_p'] ?? null,
    truncation: asked['truncation'] ?? 'disabled',
    usage: null,
  }
}
