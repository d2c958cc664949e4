/** The output items of an answer that is being written: what they hold so far, and their form on the wire. */

import type { BlockStart, Signature } from '../../core/event.ts'
import type { JsonObject } from '../../core/json.ts'
import { sealCallId, sealSignature } from '../../core/signature.ts'
import { dialect, itemIdOf, ownFields } from './wire.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export interface OutputPart {
  readonly block: number
  /** Place in the list that the part stands in: the content of a message, or one of a reasoning's two lists. */
  readonly index: number
  readonly start: BlockStart
  text: string
  readonly annotations: JsonObject[]
  readonly logprobs: JsonObject[]
  isEnded: boolean
  /** Its closing events are sent. */
  isClosed: boolean
}

export interface OutputItem {
  readonly id: string
  readonly index: number
  readonly start: BlockStart
  readonly parts: OutputPart[]
  signature?: Signature
  /** `output_item.added` is sent. */
  isAdded: boolean
  status: ItemStatus
}

const idPrefixes: Readonly<Record<BlockStart['kind'], string>> = {
  text: 'msg',
  refusal: 'msg',
  reasoning: 'rs',
  tool: 'fc',
  media: 'ig',
  native: 'item',
}

/** Marks the ids that no provider knows. */
const derivedMark = '_weir_'

/** Whether the gateway made the id: it names nothing that a provider keeps. */
export function isDerivedId(id: string): boolean {
  return id.includes(derivedMark)
}

/** The item's own id, or one derived from the answer's; at most 64 characters, as OpenAI demands of ids sent back. */
export function itemId(start: BlockStart, answerId: string, index: number): string {
  const own = nativeId(start)
  if (own !== undefined) return own
  const prefix = start.kind === 'tool' && start.freeform ? 'ctc' : idPrefixes[start.kind]
  return `${prefix}${derivedMark}${answerId.replaceAll(/\W/g, '').slice(-40)}_${index}`
}

/** Whether the block has a form in this dialect: one choice, images, and native blocks of its own. */
export function isCarried(start: BlockStart): boolean {
  if (start.choice !== 0) return false
  if (start.kind === 'media') return start.media === 'image' && start.source.at === 'base64'
  return start.kind !== 'native' || start.dialect === dialect
}

/**
 * Whether a block goes on in the item before it: a message's parts are neighbours of one item, or of none; a
 * reasoning goes on only in an item of its own id, as each foreign one has a signature of its own.
 */
export function continuesItem(item: OutputItem, start: BlockStart): boolean {
  const isMessage = (kind: string) => kind === 'text' || kind === 'refusal'
  const before = item.start
  if (isMessage(before.kind) && isMessage(start.kind)) return nativeId(before) === nativeId(start)
  const id = nativeId(start)
  return (
    before.kind === 'reasoning' && start.kind === 'reasoning' && id !== undefined && id === nativeId(before)
  )
}

function nativeId(start: BlockStart): string | undefined {
  return start.kind === 'media' || start.kind === 'native' ? undefined : itemIdOf(start.native)
}

/** The item as it stands. Its opening form (`output_item.added`) is that of an item whose parts are still empty. */
export function itemToWire(item: OutputItem, isOpening = false): JsonObject {
  const { id, start, signature } = item
  const status = isOpening ? 'in_progress' : item.status
  const parts = isOpening ? [] : item.parts
  const text = parts[0]?.text ?? ''
  switch (start.kind) {
    case 'text':
    case 'refusal':
      return {
        id,
        type: 'message',
        status,
        role: 'assistant',
        ...ownFields(start.native),
        content: parts.map(partToWire),
      }
    case 'reasoning': {
      const content = parts.filter((part) => !isSummary(part.start) && part.text !== '')
      return {
        id,
        type: 'reasoning',
        ...ownFields(start.native),
        summary: parts.filter((part) => isSummary(part.start)).map(partToWire),
        ...(content.length === 0 ? {} : { content: content.map(partToWire) }),
        ...(signature === undefined ? {} : { encrypted_content: sealSignature(unnamed(signature), dialect) }),
      }
    }
    case 'tool': {
      const input = start.freeform ? { input: text } : { arguments: text }
      return {
        id,
        type: start.freeform ? 'custom_tool_call' : 'function_call',
        status,
        call_id: sealCallId(start.callId, signature),
        name: start.name,
        ...input,
        ...ownFields(start.native),
      }
    }
    case 'media': {
      const result = start.source.at === 'base64' ? start.source.data : null
      return { id, type: 'image_generation_call', status: 'completed', result }
    }
    case 'native':
      return start.value as JsonObject
  }
}

/** A signature of this dialect needs no seal for its id: the item's own `id` is that id. */
function unnamed(signature: Signature): Signature {
  return signature.dialect === dialect ? { dialect, value: signature.value } : signature
}

/**
 * Which list of a reasoning the block stands in. That of another dialect is told as a summary, also where it is
 * the reasoning itself: clients show summaries and send them back, which a foreign signature needs.
 */
export function isSummary(start: BlockStart): boolean {
  if (start.kind !== 'reasoning' || start.redacted === true) return false
  return start.summary === true || start.native?.dialect !== dialect
}

export function partToWire(part: OutputPart): JsonObject {
  const { start, text } = part
  if (start.kind === 'refusal') return { type: 'refusal', refusal: text }
  if (start.kind === 'reasoning') return { type: isSummary(start) ? 'summary_text' : 'reasoning_text', text }
  return { type: 'output_text', text, annotations: [...part.annotations], logprobs: [...part.logprobs] }
}
