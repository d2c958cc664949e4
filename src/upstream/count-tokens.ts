/** The operation that counts a prompt's tokens: by the provider where it can, else by the tokenizer. */

import { GatewayError } from '../core/error.ts'
import type { DialectId } from '../core/event.ts'
import { asObject, type Json } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import {
  decodeTokenCount,
  encodeTokenCount,
  toCountRequest,
  unwrapCountRequest,
} from '../dialects/count-tokens.ts'
import { dialects } from '../dialects/registry.ts'
import { countTokensPath } from '../providers/address.ts'
import type { Target } from '../providers/provider.ts'
import type { AttemptContext, AttemptResult, Call } from './operation.ts'
import { contentTraits } from './traits.ts'
import { exchange, jsonOf, resultOf } from './whole.ts'

/** Reads a client's counting request. Throws GatewayError `invalid_request`. */
export function openCountTokens(client: DialectId, body: Json, model: string | undefined): Call {
  const plain = unwrapCountRequest(client, body)
  const request = dialects[client].request.decode(plain, model === undefined ? {} : { model, stream: false })
  const count: Count = { client, request, body: plain }
  return {
    model: request.model,
    stream: false,
    isFree: true,
    content: () => contentTraits(request),
    attempt: (target, context) => attempt(count, target, context),
  }
}

/** A request to count, as the client put it. */
interface Count {
  readonly client: DialectId
  readonly request: GenRequest
  readonly body: Json
}

async function attempt(
  { client, request, body }: Count,
  target: Target,
  context: AttemptContext,
): Promise<AttemptResult> {
  const counting = countingDialect(client, target)
  const path = counting && countTokensPath(counting, target.model)
  if (counting === undefined || path === undefined) return estimate(client, request, context)
  const encoded =
    counting === client
      ? { ...asObject(body), ...(dialects[client].modelInBody && { model: target.model }) }
      : dialects[counting].request.encode(request, { model: target.model }).body
  const countRequest = toCountRequest(counting, encoded, target.model)
  const received = await exchange(
    { target, path, body: JSON.stringify(countRequest), stream: false },
    dialects[counting].error.decode,
    context,
  )
  const result = resultOf(received, [])
  if (received.fault) return result
  const answer = jsonOf(received.body)
  if (answer instanceof GatewayError) return { ...result, error: answer }
  const tokens = decodeTokenCount(counting, answer)
  if (tokens === undefined) {
    return {
      ...result,
      error: new GatewayError('upstream_protocol', 'The provider answered without a token count.'),
    }
  }
  return { ...result, body: JSON.stringify(encodeTokenCount(client, tokens)) }
}

/** The client's dialect where the provider counts in it, else any in which it counts. */
function countingDialect(client: DialectId, { provider }: Target): DialectId | undefined {
  const offered = provider.spec.countsTokens ?? []
  return offered.includes(client) ? client : offered[0]
}

async function estimate(
  client: DialectId,
  request: GenRequest,
  context: AttemptContext,
): Promise<AttemptResult> {
  const tokens = await context.tokens.estimate(request)
  return {
    phase: 'unsent',
    isCommitted: false,
    dropped: [],
    body: JSON.stringify(encodeTokenCount(client, tokens)),
    isEstimate: true,
  }
}
