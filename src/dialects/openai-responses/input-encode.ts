/** Writes the turns of a request as input items. */

import { asString, type Json, type JsonObject } from '../../core/json.ts'
import { sealSignature } from '../../core/signature.ts'
import type { Part, Turn } from '../../core/request.ts'
import { mediaToWire } from './media.ts'
import { isDerivedId } from './output-item.ts'
import { dialect, itemIdOf, ownFields } from './wire.ts'

type TextPart = Part & { readonly type: 'text' | 'refusal' }
type ReasoningPart = Part & { readonly type: 'reasoning' }
type ResultPart = Part & { readonly type: 'tool-result' }

/** What an encoding of turns goes by. */
interface Rules {
  /** The request came from this dialect, and its items go back as they were. */
  readonly isOwn: boolean
  readonly dropped: Set<string>
  /** The calls whose input is plain text, by id: their results have a type of their own. */
  readonly freeformCalls: ReadonlySet<string>
}

export interface EncodedTurns {
  readonly instructions?: string
  readonly input: readonly JsonObject[]
}

/**
 * Leading system turns of text are the instructions, unless they stood in the input. What this dialect cannot
 * carry is added to `dropped`, as `turns[3].audio`. Signatures of other dialects are left out unreported where
 * they stand beside text or a tool call: they are proofs which only the provider that issued them asks for.
 */
export function encodeTurns(turns: readonly Turn[], isOwn: boolean, dropped: Set<string>): EncodedTurns {
  const instructions: string[] = []
  let first = 0
  for (; first < turns.length; first++) {
    const text = instructionsOf(turns[first]!)
    if (text === undefined) break
    instructions.push(text)
  }
  const calls = turns.flatMap(({ parts }) => parts).filter((part) => part.type === 'tool-call')
  const freeformCalls = new Set(calls.filter(({ freeform }) => freeform).map(({ callId }) => callId))
  const rules: Rules = { isOwn, dropped, freeformCalls }
  const input = turns
    .slice(first)
    .flatMap((turn, index) => encodeTurn(turn, `turns[${first + index}]`, rules))
  return first === 0 ? { input } : { instructions: instructions.join('\n\n'), input }
}

function instructionsOf({ role, parts, native }: Turn): string | undefined {
  if (role !== 'system' || native?.dialect === dialect) return undefined
  const texts = parts.map((part) => (part.type === 'text' ? part.text : undefined))
  return texts.includes(undefined) ? undefined : texts.join('\n\n')
}

function encodeTurn(turn: Turn, path: string, rules: Rules): readonly JsonObject[] {
  if (turn.name !== undefined) rules.dropped.add(`${path}.name`)
  switch (turn.role) {
    case 'system':
    case 'developer':
    case 'user': {
      const content = encodeContent(turn.parts, path, rules)
      if (content.length === 0 && turn.parts.length > 0) return []
      return [{ type: 'message', role: turn.role, content: plain(content), ...ownFields(turn.native) }]
    }
    case 'assistant':
    case 'tool':
      return encodeItems(turn.parts, path, rules)
  }
}

/** A lone text goes out as a string, which every server of this dialect takes. */
function plain(content: readonly JsonObject[]): Json {
  const [part] = content
  const isText = content.length === 1 && part !== undefined && Object.keys(part).length === 2
  return isText && typeof part['text'] === 'string' ? part['text'] : content
}

function encodeContent(parts: readonly Part[], path: string, rules: Rules): JsonObject[] {
  return parts.map((part) => encodeContentPart(part, path, rules)).filter((part) => part !== undefined)
}

function encodeContentPart(part: Part, path: string, { isOwn, dropped }: Rules): JsonObject | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: part.text, ...ownFields(part.native) }
    case 'media': {
      const encoded = mediaToWire(part, isOwn)
      if (encoded === undefined) dropped.add(`${path}.${part.media}`)
      const foreign = part.native?.dialect === dialect ? {} : part.native?.fields
      for (const name of Object.keys(foreign ?? {})) dropped.add(`${path}.${name}`)
      return encoded
    }
    case 'native':
      if (part.dialect === dialect) return part.value as JsonObject
      dropped.add(`${path}.native`)
      return undefined
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      dropped.add(`${path}.${part.type}`)
      return undefined
  }
}

/** The items of an assistant's or a tool's turn. Neighbouring parts of one message or reasoning are one item. */
function encodeItems(parts: readonly Part[], path: string, rules: Rules): JsonObject[] {
  const items: JsonObject[] = []
  for (let at = 0; at < parts.length;) {
    const group = groupAt(parts, at)
    at += group.length
    const item = encodeGroup(group, path, rules)
    if (item !== undefined) items.push(item)
  }
  return items
}

function groupAt(parts: readonly Part[], from: number): readonly Part[] {
  let to = from + 1
  while (to < parts.length && isSameItem(parts[to - 1]!, parts[to]!)) to++
  return parts.slice(from, to)
}

/** A signature ends the reasoning that it belongs to. */
function isSameItem(before: Part, part: Part): boolean {
  if (isAnswer(before) && isAnswer(part)) return itemIdOf(before.native) === itemIdOf(part.native)
  if (before.type !== 'reasoning' || part.type !== 'reasoning') return false
  return before.signature === undefined && itemIdOf(before.native) === itemIdOf(part.native)
}

function isAnswer(part: Part): part is TextPart {
  return part.type === 'text' || part.type === 'refusal'
}

function encodeGroup(group: readonly Part[], path: string, rules: Rules): JsonObject | undefined {
  const [part] = group
  switch (part?.type) {
    case undefined:
      return undefined
    case 'text':
    case 'refusal':
      return encodeMessage(group.filter(isAnswer), path, rules)
    case 'reasoning':
      return encodeReasoning(
        group.filter((member) => member.type === 'reasoning'),
        path,
        rules,
      )
    case 'tool-call': {
      const { callId: call_id, name, freeform } = part
      const input = freeform ? { input: part.arguments } : { arguments: part.arguments }
      const type = freeform ? 'custom_tool_call' : 'function_call'
      return { type, call_id, name, ...input, ...ownFields(part.native) }
    }
    case 'tool-result':
      return encodeResult(part, path, rules)
    case 'media':
      rules.dropped.add(`${path}.${part.media}`) // an assistant's message holds text only
      return undefined
    case 'native':
      if (part.dialect === dialect) return part.value as JsonObject
      rules.dropped.add(`${path}.native`)
      return undefined
  }
}

/** Without an id, the API takes an assistant's message as plain text. */
function encodeMessage(
  parts: readonly TextPart[],
  path: string,
  { isOwn, dropped }: Rules,
): JsonObject | undefined {
  const own = ownFields(parts[0]?.native)
  const isNamed = own['id'] !== undefined
  const content = parts.map((part) => answerPart(part, isNamed, path, dropped))
  if (!isOwn && parts.every(({ text }) => text === '')) return undefined
  return { type: 'message', role: 'assistant', content: isNamed ? content : plain(content), ...own }
}

function answerPart(part: TextPart, isNamed: boolean, path: string, dropped: Set<string>): JsonObject {
  if (part.type === 'refusal') return { type: 'refusal', refusal: part.text }
  const citations = part.citations ?? []
  const annotations = citations.flatMap(({ native }) => (native?.dialect === dialect ? [native.value] : []))
  if (annotations.length < citations.length) dropped.add(`${path}.citations`)
  const isTold = isNamed || annotations.length > 0
  return { type: 'output_text', text: part.text, ...(isTold ? { annotations } : {}) }
}

/**
 * Only reasoning that this dialect issued can go back: by its encrypted content, or by its id where the provider
 * keeps it, which it does for no id that the gateway derived.
 */
function encodeReasoning(
  parts: readonly ReasoningPart[],
  path: string,
  { isOwn, dropped }: Rules,
): JsonObject | undefined {
  const own = ownFields(parts[0]?.native)
  const signature = parts.find((part) => part.signature?.dialect === dialect)?.signature
  const isForeign = parts.some((part) => part.signature !== undefined && part.signature.dialect !== dialect)
  const id = asString(own['id'])
  const isKept = isOwn && !isForeign && id !== undefined && !isDerivedId(id)
  if (signature === undefined && !isKept) {
    dropped.add(`${path}.reasoning`)
    return undefined
  }
  const summary = parts.filter((part) => part.summary === true)
  const content = parts.filter((part) => part.summary !== true && part.text !== '')
  return {
    type: 'reasoning',
    ...(signature?.id === undefined ? {} : { id: signature.id }),
    ...own,
    summary: summary.map(({ text }) => ({ type: 'summary_text', text })),
    ...(content.length === 0 || !isOwn
      ? {}
      : { content: content.map(({ text }) => ({ type: 'reasoning_text', text })) }),
    ...(signature === undefined
      ? {}
      : { encrypted_content: sealSignature({ dialect, value: signature.value }, dialect) }),
  }
}

function encodeResult(part: ResultPart, path: string, rules: Rules): JsonObject {
  if (part.isError === true) rules.dropped.add(`${path}.is_error`)
  const content = encodeContent(part.content, path, rules)
  const type = rules.freeformCalls.has(part.callId) ? 'custom_tool_call_output' : 'function_call_output'
  return {
    type,
    call_id: part.callId,
    output: content.length === 0 ? '' : plain(content),
    ...ownFields(part.native),
  }
}
