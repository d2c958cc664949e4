/** What a target is asked: in which dialect, with which body, and what of the request that leaves out. */

import { GatewayError } from '../core/error.ts'
import { asObject, type Json, type JsonObject } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import type { Dialect, EncodedRequest, EncodeTarget } from '../dialects/dialect.ts'
import { dialects } from '../dialects/registry.ts'
import { generatePath } from '../providers/address.ts'
import type { Target } from '../providers/provider.ts'
import type { ProviderSpec } from '../providers/spec.ts'
import { referencesIn } from './item-references.ts'
import { withCacheHints } from './prompt-cache.ts'
import type { SendOptions } from './send.ts'

/** A request for generation, as the client put it. */
export interface Asking {
  readonly client: Dialect
  readonly request: GenRequest
  /** As the client sent it; undefined where the request was rewritten since. */
  readonly body: JsonObject | undefined
}

export interface Asked {
  /** The dialect that the provider is spoken to in. */
  readonly source: Dialect
  readonly options: SendOptions
  readonly dropped: readonly string[]
}

/** Throws GatewayError `unsupported_operation` or `invalid_request` for what this target cannot be asked. */
export function ask(asking: Asking, target: Target): Asked {
  const { client, request } = asking
  if (target.provider.spec.generates === false) {
    throw new GatewayError('unsupported_operation', `Provider ${target.provider.name} generates no answers.`)
  }
  const source = dialects[chooseDialect(target.provider.spec, asking)]
  refuseUnknown(request, source)
  const { body, dropped } = withoutIgnored(
    encodeHinted(source, request, target) ??
      (source.id === client.id && asking.body
        ? { body: sameDialectBody(asking.body, asking, target), dropped: [] }
        : source.request.encode(request, encodeTarget(target))),
    target.provider.spec,
  )
  return {
    source,
    dropped,
    options: {
      target,
      path: generatePath(source.id, target.model, request.stream),
      body: JSON.stringify(target.provider.requestPatch?.(body) ?? body),
      stream: request.stream,
    },
  }
}

/**
 * The dialect to speak to this provider: the client's own where it can, else its first. A provider with several
 * is spoken to in the one that carries reasoning from turn to turn where the request has any.
 */
function chooseDialect(spec: ProviderSpec, { client, request }: Asking): ProviderSpec['dialects'][number] {
  if (spec.dialects.includes(client.id)) return client.id
  const reasons =
    request.reasoning !== undefined || request.turns.some((turn) => turn.parts.some(isReasoning))
  const carrier = spec.dialects.find((dialect) => dialect === 'openai-responses')
  return reasons && carrier !== undefined ? carrier : spec.dialects[0]
}

/** With marks for the provider's prompt cache; undefined where none are wanted, of use, or understood. */
function encodeHinted(source: Dialect, request: GenRequest, target: Target): EncodedRequest | undefined {
  if (!target.marksPrompts || !source.takesCacheHints) return undefined
  const hinted = withCacheHints(request)
  const encoded = hinted && source.request.encode(hinted, encodeTarget(target))
  return encoded?.dropped.includes('cache') ? undefined : encoded
}

function isReasoning(part: GenRequest['turns'][number]['parts'][number]): boolean {
  return part.type === 'reasoning'
}

function encodeTarget({ model, provider }: Target): EncodeTarget {
  return provider.spec.takesReasoning ? { model, takesReasoning: true } : { model }
}

/** What Weir has not kept can only be referred to where it may be kept: at a provider of that dialect. */
function refuseUnknown(request: GenRequest, source: Dialect): void {
  if (source.keepsResponses) return
  const { previousResponseId } = request
  if (previousResponseId !== undefined) {
    const message = `Previous response \`${previousResponseId}\` was not kept here.`
    throw new GatewayError('invalid_request', message, { param: 'previous_response_id' })
  }
  const [reference] = referencesIn(request)
  if (reference === undefined) return
  const message = `Item \`${reference}\`, which the input refers to, was not kept here.`
  throw new GatewayError('invalid_request', message, { param: 'input' })
}

/** What the provider would ignore without a word is left out, and said to be. */
function withoutIgnored(encoded: EncodedRequest, { ignores }: ProviderSpec): EncodedRequest {
  const ignored = ignores?.filter((member) => encoded.body[member] !== undefined) ?? []
  if (ignored.length === 0) return encoded
  const body = { ...encoded.body }
  for (const member of ignored) delete body[member]
  return { body, dropped: [...encoded.dropped, ...ignored] }
}

/** The client's own body, to this target. Usage is always asked for: Weir accounts for every stream. */
function sameDialectBody(body: JsonObject, { request, client }: Asking, target: Target): JsonObject {
  const copy: Record<string, Json | undefined> = { ...body }
  if (client.modelInBody) copy['model'] = target.model
  if (client.forcesUsage && request.stream) {
    copy['stream_options'] = { ...asObject(body['stream_options']), include_usage: true }
  }
  return copy
}
