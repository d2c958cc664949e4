/** Calls from within: the request path as functions, for the parts of the gateway that ask models themselves. */

import type { Principal } from '../access/principal.ts'
import type { Asked, AskModel, EmbedTexts } from '../core/ask.ts'
import { GatewayError } from '../core/error.ts'
import { Interrupt } from '../core/interrupt.ts'
import { asArray, asObject, defined, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { dialects } from '../dialects/registry.ts'
import type { Gateway, Inbound, Served } from '../gateway/parts.ts'
import { type DataRoute, findDataRoute } from '../http/routes.ts'
import type { Health } from '../routing/health.ts'
import { openEmbed } from '../upstream/embed.ts'
import { openRequest } from '../upstream/generate.ts'
import type { Call } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'

export interface InnerCallParts {
  readonly gateway: Gateway
  readonly newRequestId: () => string
  /** On whose account the calls go. */
  readonly principal: Principal
}

export function createAskModel(parts: InnerCallParts): AskModel {
  return async ({ request, tags = [], priority = 'default', timeoutMs, cache }, signal) => {
    const headers: Record<string, string> = { 'x-weir-priority': priority }
    if (tags.length > 0) headers['x-weir-tags'] = tags.join(',')
    if (timeoutMs !== undefined) headers['x-weir-timeout-ms'] = String(timeoutMs)
    if (cache === 'off') headers['x-weir-cache'] = 'no-store'
    const { served, id } = await callWithin(parts, {
      dialect: 'weir',
      operation: 'generate',
      open: () => openRequest(request),
      headers,
      signal,
    })
    return toAsked(id, served)
  }
}

function toAsked(requestId: string, { record, answer, error, chargedNanoUsd }: Served): Asked {
  const { durationMs = 0, attempts = [], provider, model, usage, firstTokenMs } = record ?? {}
  const known = { answer, error, chargedNanoUsd, provider, model, usage, firstTokenMs }
  return { requestId, durationMs, attempts: attempts.length, ...defined(known) }
}

export function createEmbedTexts(parts: InnerCallParts): EmbedTexts {
  return async (model, texts, signal) => {
    const { served, body } = await callWithin(parts, {
      dialect: 'openai-embeddings',
      operation: 'embed',
      open: () => openEmbed('openai-embeddings', { model, input: [...texts] }, undefined),
      headers: {},
      signal,
    })
    if (served.error) throw served.error
    const vectors = vectorsOf(body)
    if (vectors.length === texts.length) return vectors
    throw new GatewayError('upstream_protocol', 'The provider did not send one vector for each text.')
  }
}

function vectorsOf(body: string): number[][] {
  return asArray(asObject(parseJson(body))?.['data']).map((item) =>
    asArray(asObject(item)?.['embedding']).filter((value) => typeof value === 'number'),
  )
}

/** A request as a client would send it, from within. */
export interface RouteCall {
  /** Such as `/v1/chat/completions`. */
  readonly path: string
  readonly body: JsonObject
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
  /** Targets as this call sees them. Absent: as all do. */
  readonly health?: Health
  /** Asked before each attempt: see `Inbound`. */
  readonly afford?: Inbound['afford']
}

export interface RouteAnswer {
  readonly requestId: string
  readonly status: number
  /** In the dialect of the path, errors too. */
  readonly body: Json
  readonly served: Served
}

/** Throws `not_found` where the path is no route; all else is in the answer. */
export async function callRoute(parts: InnerCallParts, call: RouteCall): Promise<RouteAnswer> {
  const route = findDataRoute(call.path, undefined)
  if (!route) throw new GatewayError('not_found', 'There is no such path.')
  const { id, served, status, body } = await callWithin(parts, {
    dialect: route.dialect,
    operation: route.operation,
    open: () => openRoute(route, call),
    encodeError: route.encodeError,
    headers: call.headers,
    signal: call.signal,
    health: call.health,
    afford: call.afford,
  })
  return { requestId: id, status, body: parseJson(body) ?? null, served }
}

/** The call that the path and the body make. Rejects with GatewayError. */
export function openRoute(
  route: DataRoute,
  { body, headers }: Pick<RouteCall, 'body' | 'headers'>,
): Promise<Call> {
  return route.open({
    method: 'POST',
    query: '',
    header: (name) => headers[name],
    json: async () => body,
    raw: async () => ({ kind: 'json', value: body }),
  })
}

interface InnerCall {
  readonly dialect: string
  readonly operation: Inbound['operation']
  readonly open: () => Call | Promise<Call>
  /** Absent: as OpenAI tells errors. */
  readonly encodeError?: Inbound['encodeError']
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
  readonly health?: Health | undefined
  readonly afford?: Inbound['afford'] | undefined
}

async function callWithin(
  { gateway, newRequestId, principal }: InnerCallParts,
  { dialect, operation, open, encodeError, headers, signal, health, afford }: InnerCall,
): Promise<{ id: string; served: Served; status: number; body: string }> {
  const id = newRequestId()
  const outlet = new CollectingOutlet()
  const interrupt = new Interrupt()
  const leave = (): void =>
    interrupt.raise(new GatewayError('client_gone', 'The part of the gateway that asked has given up.'))
  signal?.addEventListener('abort', leave)
  if (signal?.aborted) leave()
  const served = await gateway.serve({
    id,
    dialect,
    operation,
    principal,
    credential: undefined,
    clientAddress: undefined,
    header: (name) => headers[name],
    open: async () => open(),
    encodeError: encodeError ?? dialects['openai-chat'].error.encode,
    outlet,
    interrupt,
    ...(health && { health }),
    ...(afford && { afford }),
  })
  signal?.removeEventListener('abort', leave)
  return { id, served, status: outlet.status, body: outlet.body }
}

/** The end of an answer that stays in the process. What is streamed is not kept, its events are; JSON that is relayed is. */
class CollectingOutlet implements Outlet {
  readonly isGone = false
  status = 0
  #isJson = false
  readonly #chunks: Buffer[] = []

  get body(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status
    this.#isJson = headers['content-type']?.startsWith('application/json') === true
  }

  write(chunk: string | Buffer): boolean {
    if (this.#isJson) this.#chunks.push(Buffer.from(chunk))
    return true
  }

  end(): void {
    // The call itself tells that it is over.
  }

  send(status: number, _headers: Readonly<Record<string, string>>, body: string | Buffer): void {
    this.status = status
    this.#chunks.push(Buffer.from(body))
  }

  destroy(): void {
    // There is no connection to cut.
  }

  onDrain(): void {
    // Never full.
  }
}
