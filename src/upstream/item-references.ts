/** Items of a Responses request that stand for what an earlier answer said: which they are, and what they stand for. */

import { asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import type { GenRequest, Part } from '../core/request.ts'
import type { Dialect } from '../dialects/dialect.ts'

/** The ids that the request refers to and does not hold. */
export function referencesIn({ turns }: GenRequest): string[] {
  return turns.flatMap(({ parts }) => parts.flatMap((part) => referenceOf(part) ?? []))
}

/** The request with these items in the place of their references. Pure. */
export function withReferencedItems(
  request: GenRequest,
  client: Dialect,
  items: ReadonlyMap<string, JsonObject>,
): GenRequest {
  const resolve = (part: Part): readonly Part[] => {
    const item = items.get(referenceOf(part) ?? '')
    if (item === undefined) return [part]
    return client.request
      .decode({ model: request.model, input: [item] as Json })
      .turns.flatMap(({ parts }) => parts)
  }
  return { ...request, turns: request.turns.map((turn) => ({ ...turn, parts: turn.parts.flatMap(resolve) })) }
}

function referenceOf(part: Part): string | undefined {
  if (part.type !== 'native') return undefined
  const value = asObject(part.value)
  return value?.['type'] === 'item_reference' ? asString(value['id']) : undefined
}
