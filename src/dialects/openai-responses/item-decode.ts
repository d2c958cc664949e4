/** The output items of an answer that is being read: what is known of them and of their parts. */

import type { BlockKind, GenEvent, NativeFields, Signature } from '../../core/event.ts'
import { asNumber, asObject, asString, type JsonObject } from '../../core/json.ts'
import { openSignature } from '../../core/signature.ts'
import { dialect, itemFields, type ItemType } from './wire.ts'

/** Which list of its item a part stands in. A tool's input is the only part of its item. */
export type PartList = 'content' | 'summary' | 'input'

export interface Part {
  readonly list: PartList
  readonly index: number
  readonly block: number
  /** Characters told so far; NaN where the stream was joined in the middle, so that the rest is unknown. */
  told: number
  hasLogprobs: boolean
  annotations: number
  isEnded: boolean
}

export interface Item {
  readonly type: ItemType | 'native'
  readonly id: string | undefined
  readonly own: { readonly native?: NativeFields }
  readonly parts: Part[]
  isDone: boolean
}

/** Items without a canonical form that wait for the client's answer, as a tool call does. */
const askingItems: ReadonlySet<string> = new Set([
  'computer_call',
  'local_shell_call',
  'apply_patch_call',
  'mcp_approval_request',
])

/** An item as its first event shows it; undefined where that is no item. */
export function itemFromWire(wire: JsonObject): Item | undefined {
  const type = asString(wire['type'])
  if (type === undefined) return undefined
  const id = asString(wire['id']) ?? asString(wire['item_id']) // Bedrock's whole answers call it so
  if (!isCanonical(type, wire)) return { type: 'native', id, own: {}, parts: [], isDone: false }
  const named = id === undefined ? {} : { id }
  // The status is of the moment, and told by the events.
  const own = itemFields(type, { ...wire, ...named, status: undefined })
  return { type, id, own, parts: [], isDone: false }
}

/** Whether the client is asked to run what the item names, as with a tool call. */
export function asksClient(wire: JsonObject): boolean {
  return askingItems.has(asString(wire['type']) ?? '')
}

/** The items of an answer are numbered; a provider that leaves the number out has at least ids. */
export function keyOf(event: JsonObject): number | string {
  const index = asNumber(event['output_index'])
  return index ?? asString(event['item_id']) ?? asString(asObject(event['item'])?.['id']) ?? 0
}

function isCanonical(type: string, wire: JsonObject): type is ItemType {
  if (type === 'message') return wire['role'] === 'assistant' || wire['role'] === undefined
  return type === 'reasoning' || type === 'function_call' || type === 'custom_tool_call'
}

export function findPart(item: Item, list: PartList, index: number): Part | undefined {
  for (const part of item.parts) if (part.index === index && part.list === list) return part
  return undefined
}

/** Undefined for a part that the canonical form does not know. Without a type it is the usual one of its item. */
export function partKind(item: Item, list: PartList, type: string | undefined): BlockKind | undefined {
  switch (item.type) {
    case 'message':
      if (list !== 'content') return undefined
      if (type === undefined || type === 'output_text') return { kind: 'text', ...item.own }
      return type === 'refusal' ? { kind: 'refusal', ...item.own } : undefined
    case 'reasoning':
      if (list === 'input') return undefined
      return { kind: 'reasoning', ...(list === 'summary' ? { summary: true } : {}), ...item.own }
    case 'function_call':
    case 'custom_tool_call':
    case 'native':
      return undefined
  }
}

/** Ends the part that is still open: the last one, as each ends those before it. The signature belongs to it. */
export function endParts(item: Item, signature: Signature | undefined, out: GenEvent[]): void {
  const part = item.parts.at(-1)
  if (part === undefined || part.isEnded) return
  part.isEnded = true
  out.push({ type: 'block-end', block: part.block, ...(signature === undefined ? {} : { signature }) })
}

export function signatureOf(wire: JsonObject, item: Item): Signature | undefined {
  const value = wire['encrypted_content']
  if (item.type !== 'reasoning' || typeof value !== 'string' || value === '') return undefined
  const signature = openSignature(value, dialect)
  return item.id === undefined || signature.dialect !== dialect ? signature : { ...signature, id: item.id }
}
