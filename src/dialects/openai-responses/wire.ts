/** What the parts of this dialect share: its id, and the members that have no canonical form. */

import type { NativeFields } from '../../core/event.ts'
import { asString, type JsonObject, unknownFields } from '../../core/json.ts'

export const dialect = 'openai-responses'

/** Items of the model that the canonical form knows; all others are native blocks and parts. */
export type ItemType = 'message' | 'reasoning' | 'function_call' | 'custom_tool_call'

const itemMembers: Readonly<Record<ItemType, ReadonlySet<string>>> = {
  message: new Set(['type', 'role', 'content']),
  reasoning: new Set(['type', 'summary', 'content', 'encrypted_content']),
  function_call: new Set(['type', 'call_id', 'name', 'arguments']),
  custom_tool_call: new Set(['type', 'call_id', 'name', 'input']),
}

/** The members of an item without a canonical form, ready to spread; also without any, they tell its origin. */
export function itemFields(type: ItemType, item: JsonObject): { native: NativeFields } {
  return { native: { dialect, fields: unknownFields(item, itemMembers[type]) ?? {} } }
}

/** The members that came from this dialect, to put back. */
export function ownFields(native: NativeFields | undefined): JsonObject {
  return native?.dialect === dialect ? native.fields : {}
}

/** The id of the item that a block or part came from, which tells neighbours of one item from others. */
export function itemIdOf(native: NativeFields | undefined): string | undefined {
  return asString(ownFields(native)['id'])
}
