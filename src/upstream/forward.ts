/** The operation that forwards: a request in no dialect goes to its model's provider as it came, but for the model's name. */

import { GatewayError } from '../core/error.ts'
import { asObject, asString, isObject, type Json, type JsonObject } from '../core/json.ts'
import { dialects } from '../dialects/registry.ts'
import { formBoundary, readFormFields, replaceField } from '../framing/multipart.ts'
import type { Target } from '../providers/provider.ts'
import type { ForwardRoute } from '../providers/spec.ts'
import type { AttemptContext, AttemptResult, Call } from './operation.ts'
import { innerModelsOf } from './inner-models.ts'
import { relay } from './relay.ts'
import type { RawRequest } from './send.ts'
import { openPlainTap } from './usage-tap.ts'

/** A body as it came. JSON has been parsed, so that what was looked at is what will be sent. */
export type RawBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'bytes'; readonly contentType: string; readonly bytes: Buffer }

/** What stands for a model that the client may leave out, as OpenAI documents it. */
const defaultModels: Partial<Record<ForwardRoute, string>> = { moderations: 'omni-moderation-latest' }

/** Reads as much of a request as routing needs. Throws GatewayError `invalid_request`. */
export function openForward(route: ForwardRoute, body: RawBody, accept: string | undefined): Call {
  const content = readContent(body)
  const model = content.model ?? defaultModels[route]
  if (model === undefined || model === '') {
    throw new GatewayError('invalid_request', 'The request names no `model`.', { param: 'model' })
  }
  const forwarding: Forwarding = { route, content, accept }
  return {
    model,
    stream: content.stream,
    ...(content.user !== undefined && { user: content.user }),
    ...(body.kind === 'json' && { innerModels: () => innerModelsOf(body.value) }),
    said: () => saidIn(body),
    attempt: (target, context) => attempt(forwarding, target, context),
  }
}

const maxSaidBytes = 131_072
/** Members that name something: told of, they are what an error is about. */
const names = new Set(['model', 'type', 'role', 'name', 'id', 'format', 'voice', 'size', 'language'])

/** What a body says, but for names. */
export function saidIn(body: RawBody): readonly string[] {
  if (body.kind === 'none') return []
  if (body.kind === 'bytes') return [body.bytes.toString('utf8', 0, maxSaidBytes)]
  return [...textsIn(body.value)]
}

function* textsIn(value: Json): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (member !== undefined && !names.has(name)) yield* textsIn(member as Json)
    }
  }
}

/** What a body says to the gateway, and how it is sent with another model's name. */
export interface Content {
  readonly model?: string
  readonly stream: boolean
  readonly user?: string
  readonly contentType?: string
  /** Absent a model: as the client named it. */
  bytes(model?: string): string | Buffer
}

/** Throws `invalid_request` for a form that cannot be read, and for JSON that is no object. */
export function readContent(body: RawBody): Content {
  switch (body.kind) {
    case 'none':
      return { stream: false, bytes: () => '' }
    case 'json':
      return jsonContent(body.value)
    case 'bytes': {
      const boundary = formBoundary(body.contentType)
      return boundary === undefined ? plainContent(body) : formContent(body, boundary)
    }
  }
}

function jsonContent(value: Json): Content {
  if (!isObject(value)) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
  const named = value['model']
  if (named !== undefined && typeof named !== 'string') {
    throw new GatewayError('invalid_request', '`model` must be a string.', { param: 'model' })
  }
  const user = asString(value['user'])
  return {
    // Speech is streamed by default; only server-sent events and Chat's own switch say that tokens trickle.
    stream: value['stream'] === true || value['stream_format'] === 'sse',
    contentType: 'application/json',
    bytes: (model) => JSON.stringify(model === undefined ? value : { ...value, model }),
    ...(named !== undefined && { model: named }),
    ...(user !== undefined && { user }),
  }
}

type BytesBody = Extract<RawBody, { kind: 'bytes' }>

function formContent({ bytes, contentType }: BytesBody, boundary: string): Content {
  const fields = readFormFields(bytes, boundary, ['model', 'stream', 'user'])
  const model = fields.get('model')
  const user = fields.get('user')
  return {
    stream: fields.get('stream')?.value === 'true',
    contentType,
    bytes: (other) => (other === undefined || !model ? bytes : replaceField(bytes, model, other)),
    ...(model && { model: model.value }),
    ...(user && { user: user.value }),
  }
}

function plainContent({ bytes, contentType }: BytesBody): Content {
  return { stream: false, contentType, bytes: () => bytes }
}

interface Forwarding {
  readonly route: ForwardRoute
  readonly content: Content
  readonly accept: string | undefined
}

async function attempt(
  { route, content, accept }: Forwarding,
  target: Target,
  context: AttemptContext,
): Promise<AttemptResult> {
  const { spec, name } = target.provider
  if (!spec.forwards?.includes(route)) {
    throw new GatewayError('unsupported_operation', `Provider ${name} does not offer \`/${route}\`.`)
  }
  return relay(
    {
      target,
      path: `/${route}`,
      body: content.bytes(target.model),
      stream: content.stream,
      raw: rawRequest('POST', { accept, 'content-type': content.contentType }),
    },
    {
      decodeError: dialects[spec.dialects[0]].error.decode,
      errors: 'told',
      openTap: openPlainTap,
      dropped: [],
    },
    context,
  )
}

/** A request with those of these headers that are there and that HTTP allows to be sent. */
export function rawRequest(
  method: string,
  headers: Readonly<Record<string, string | undefined>>,
): RawRequest {
  const sent: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && /^[\t\x20-\x7e]+$/.test(value)) sent[name] = value
  }
  return { method, headers: sent }
}

/** The body with usage asked for on its stream: Weir accounts for every stream. */
export function withUsage(value: JsonObject): JsonObject {
  return { ...value, stream_options: { ...asObject(value['stream_options']), include_usage: true } }
}
