/** The operation that embeds: texts become vectors, on a provider of either embeddings dialect. */

import type { EmbeddingDialectId, EmbedRequest } from '../core/embedding.ts'
import { GatewayError } from '../core/error.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { EmbeddingDialect, EmbedPath } from '../dialects/embeddings/embedding-dialect.ts'
import { embeddingDialects } from '../dialects/embeddings/registry.ts'
import { dialects } from '../dialects/registry.ts'
import { embedPath } from '../providers/address.ts'
import type { Target } from '../providers/provider.ts'
import {
  type AttemptContext,
  type AttemptResult,
  type BillBounds,
  type Call,
  type CallTexts,
  refuseDroppedIfStrict,
} from './operation.ts'
import { exchange, jsonOf, resultOf, type Whole } from './whole.ts'

/** Reads a client's embeddings request. Throws GatewayError `invalid_request`. */
export function openEmbed(id: EmbeddingDialectId, body: Json, path: EmbedPath | undefined): Call {
  const client = embeddingDialects[id]
  return toCall(client, client.request.decode(body, path))
}

function toCall(client: EmbeddingDialect, request: EmbedRequest): Call {
  return {
    model: request.model,
    stream: false,
    ...(request.user !== undefined && { user: request.user }),
    bounds: () => boundsOf(request),
    texts: () => textsOf(client, request),
    attempt: (target, context) => attempt(client, request, target, context),
  }
}

/** What is sent as tokens is no text that could be looked at. */
function textsOf(client: EmbeddingDialect, request: EmbedRequest): CallTexts | undefined {
  const { user, title } = request
  const inputs = request.inputs.filter((input) => typeof input === 'string')
  if (inputs.length < request.inputs.length) return undefined
  const beside = Object.entries({ user, title }).filter(([, text]) => text !== undefined)
  return {
    texts: [...inputs, ...beside.map(([, text]) => text!)],
    replaced(texts) {
      const others = Object.fromEntries(beside.map(([name], at) => [name, texts[inputs.length + at]!]))
      return toCall(client, { ...request, inputs: texts.slice(0, inputs.length), ...others })
    },
  }
}

function boundsOf({ inputs }: EmbedRequest): BillBounds {
  let inputBytes = 0
  let isUnbounded = false
  for (const input of inputs) {
    if (typeof input === 'string') inputBytes += Buffer.byteLength(input)
    else if ('length' in input) inputBytes += input.length
    else isUnbounded = true
  }
  return { inputBytes, turns: inputs.length, images: 0, isUnbounded, maxOutputTokens: 0 }
}

async function attempt(
  client: EmbeddingDialect,
  request: EmbedRequest,
  target: Target,
  context: AttemptContext,
): Promise<AttemptResult> {
  const { provider, model } = target
  if (provider.spec.embeddings === undefined) {
    throw new GatewayError('unsupported_operation', `Provider ${provider.name} offers no embeddings.`)
  }
  const source = embeddingDialects[provider.spec.embeddings]
  const { body, dropped, method } = source.request.encode(request, { model })
  refuseDroppedIfStrict(context, target, dropped)
  const received = await exchange(
    { target, path: embedPath(source.id, model, method), body: JSON.stringify(body), stream: false },
    dialects[provider.spec.dialects[0]].error.decode,
    context,
  )
  const result = resultOf(received, dropped)
  if (received.fault) return result
  const json = jsonOf(received.body)
  const answer = json instanceof GatewayError ? json : source.response.decode(json, provider.responsePatch)
  if (answer instanceof GatewayError) return { ...result, error: answer, isWhole: false }
  const usage = answer.usage ?? usageByHeader(received, provider.spec.embeddingTokensHeader)
  const encoded: JsonObject = client.response.encode({ ...answer, ...(usage && { usage }) }, request)
  return {
    ...result,
    reportedModel: answer.model,
    body: JSON.stringify(encoded),
    ...(usage && { usage }),
  }
}

function usageByHeader({ headers }: Whole, name: string | undefined): Usage | undefined {
  const text = name === undefined ? undefined : headers[name]
  if (typeof text !== 'string' || !/^\d{1,9}$/.test(text)) return undefined
  return { inputTokens: Number(text), outputTokens: 0 }
}
