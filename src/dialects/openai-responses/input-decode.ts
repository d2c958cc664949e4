/** Reads the input of a request: a text, or the items of a conversation. */

import type { NativeFields } from '../../core/event.ts'
import { isObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { Part, Turn } from '../../core/request.ts'
import { openCallId, openSignature } from '../../core/signature.ts'
import { invalid, optional, readArray, readObject, readString, required } from '../read-fields.ts'
import { citationFromWire } from './annotation.ts'
import { mediaFromWire } from './media.ts'
import { dialect, itemFields } from './wire.ts'

const textMembers: ReadonlySet<string> = new Set(['type', 'text', 'annotations', 'logprobs'])
const messageMembers: ReadonlySet<string> = new Set(['type', 'role', 'content'])
const outputMembers: ReadonlySet<string> = new Set(['call_id', 'output'])
const roles: ReadonlySet<string> = new Set(['user', 'system', 'developer'])

interface GrowingTurn extends Turn {
  readonly parts: Part[]
}

/**
 * Neighbouring items of the model become one assistant turn, neighbouring tool results one tool turn. A message
 * of the assistant that has no id begins a new turn after another message, because nothing else would tell the
 * two apart. The turn of any other message has `native` of this dialect, also without fields: it says that the turn
 * stood in the input and is not the instructions.
 */
export function decodeInput(value: Json | undefined, param: string): readonly Turn[] {
  if (typeof value === 'string')
    return [{ role: 'user', parts: [{ type: 'text', text: value }], ...noFields }]
  const turns: GrowingTurn[] = []
  for (const [index, item] of readArray(value, param).entries()) {
    decodeItem(readObject(item, `${param}[${index}]`), `${param}[${index}]`, turns)
  }
  return turns
}

const noFields: { readonly native: NativeFields } = { native: { dialect, fields: {} } }

function decodeItem(item: JsonObject, param: string, turns: GrowingTurn[]): void {
  const at = `${param}.`
  const type = optional(item, 'type', at, readString) ?? typeOf(item)
  switch (type) {
    case 'message':
      decodeMessage(item, param, turns)
      break
    case 'reasoning':
      turnOf('assistant', turns).push(...decodeReasoning(item, at))
      break
    case 'function_call':
    case 'custom_tool_call':
      turnOf('assistant', turns).push(decodeCall(type, item, at))
      break
    case 'function_call_output':
    case 'custom_tool_call_output':
      turnOf('tool', turns).push(decodeOutput(type, item, at))
      break
    default: {
      // A client's answer to a call that only this dialect knows stands where a tool's result would.
      const isAnswer = type.endsWith('_output') || type === 'mcp_approval_response'
      const value = item['type'] === undefined ? { type, ...item } : item
      turnOf(isAnswer ? 'tool' : 'assistant', turns).push({ type: 'native', dialect, value })
    }
  }
}

/** Messages may leave their type out, and so may references to items. */
function typeOf({ role, id }: JsonObject): string {
  return role === undefined && typeof id === 'string' ? 'item_reference' : 'message'
}

/** The parts of the last turn where it is of this role, else of a new one. */
function turnOf(role: 'assistant' | 'tool', turns: GrowingTurn[]): Part[] {
  const last = turns.at(-1)
  if (last?.role === role) return last.parts
  const parts: Part[] = []
  turns.push({ role, parts })
  return parts
}

function decodeMessage(item: JsonObject, param: string, turns: GrowingTurn[]): void {
  const role = required(item, 'role', `${param}.`, readString)
  const content = required(item, 'content', `${param}.`, (value) => value)
  if (role === 'assistant') {
    const parts = decodeAnswer(item, content, `${param}.content`)
    const isSecond = turns.at(-1)?.parts.some(({ type }) => type === 'text' || type === 'refusal') === true
    if (isSecond && item['id'] === undefined) turns.push({ role, parts })
    else turnOf('assistant', turns).push(...parts)
    return
  }
  if (!roles.has(role)) {
    throw invalid(`${param}.role`, 'must be assistant, system, developer or user')
  }
  const fields = unknownFields(item, messageMembers) ?? {}
  turns.push({
    role: role as 'user' | 'system' | 'developer',
    parts: decodeContent(content, `${param}.content`),
    native: { dialect, fields },
  })
}

/** The content of a message or of a tool's result. */
function decodeContent(value: Json | undefined, param: string): Part[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return readArray(value, param).map((part, index) =>
    decodePart(readObject(part, `${param}[${index}]`), `${param}[${index}]`),
  )
}

function decodePart(part: JsonObject, param: string): Part {
  const type = required(part, 'type', `${param}.`, readString)
  if (type !== 'input_text' && type !== 'output_text' && type !== 'text') {
    return mediaFromWire(part, param) ?? { type: 'native', dialect, value: part }
  }
  const fields = unknownFields(part, textMembers)
  return {
    type: 'text',
    text: required(part, 'text', `${param}.`, readString),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

/** What the assistant said. The members of the message stand at each part, and tell which belong together. */
function decodeAnswer(item: JsonObject, content: Json | undefined, param: string): Part[] {
  const own = itemFields('message', item)
  if (typeof content === 'string') return [{ type: 'text', text: content, ...own }]
  return readArray(content, param).map((value, index): Part => {
    const at = `${param}[${index}]`
    const part = readObject(value, at)
    switch (required(part, 'type', `${at}.`, readString)) {
      case 'output_text':
      case 'input_text':
      case 'text': {
        const citations = (optional(part, 'annotations', `${at}.`, readArray) ?? [])
          .filter(isObject)
          .map(citationFromWire)
        return {
          type: 'text',
          text: required(part, 'text', `${at}.`, readString),
          ...(citations.length === 0 ? {} : { citations }),
          ...own,
        }
      }
      case 'refusal':
        return { type: 'refusal', text: required(part, 'refusal', `${at}.`, readString), ...own }
      default:
        return { type: 'native', dialect, value: { ...item, content: [part] } }
    }
  })
}

/** The signature belongs to the last part; an item that shows nothing is one redacted part. */
function decodeReasoning(item: JsonObject, at: string): Part[] {
  const own = itemFields('reasoning', item)
  const read = (name: 'summary' | 'content') =>
    (optional(item, name, at, readArray) ?? []).map((value, index) => {
      const param = `${at}${name}[${index}]`
      return required(readObject(value, param), 'text', `${param}.`, readString)
    })
  const parts: (Part & { type: 'reasoning' })[] = [
    ...read('summary').map((text) => ({ type: 'reasoning', text, summary: true, ...own }) as const),
    ...read('content').map((text) => ({ type: 'reasoning', text, ...own }) as const),
  ]
  const sealed = optional(item, 'encrypted_content', at, readString)
  const id = optional(item, 'id', at, readString)
  const last = parts.pop() ?? { type: 'reasoning', text: '', redacted: true, ...own }
  if (sealed === undefined || sealed === '') return [...parts, last]
  const signature = openSignature(sealed, dialect)
  const isNamed = id !== undefined && signature.dialect === dialect
  return [...parts, { ...last, signature: isNamed ? { ...signature, id } : signature }]
}

function decodeCall(type: 'function_call' | 'custom_tool_call', item: JsonObject, at: string): Part {
  const isFreeform = type === 'custom_tool_call'
  return {
    type: 'tool-call',
    ...openCallId(required(item, 'call_id', at, readString)),
    name: required(item, 'name', at, readString),
    arguments: required(item, isFreeform ? 'input' : 'arguments', at, readString),
    ...(isFreeform ? { freeform: true } : {}),
    ...itemFields(type, item),
  }
}

/** The type stands among the native fields: the call that it answers may be one that the provider has stored. */
function decodeOutput(type: string, item: JsonObject, at: string): Part {
  const fields = { ...unknownFields(item, outputMembers), type }
  const output = required(item, 'output', at, (value) => value)
  return {
    type: 'tool-result',
    callId: openCallId(required(item, 'call_id', at, readString)).callId,
    content: decodeContent(output, `${at}output`),
    native: { dialect, fields },
  }
}
