/** Canonical turns as Chat Completions' messages. */

import { isObject, type JsonObject } from '../../core/json.ts'
import type { CacheHint, Part, Turn } from '../../core/request.ts'
import { mediaToWire } from './media.ts'
import { detailToWire } from './reasoning.ts'

const dialect = 'openai-chat'

type ToolResult = Part & { readonly type: 'tool-result' }

/** How messages are written, and what could not be. */
export interface MessageContext {
  /** The request came in this dialect: it keeps members that other servers than its own may not know. */
  readonly isOwn: boolean
  /** The model wants the text of its reasoning back. */
  readonly takesReasoning: boolean
  readonly dropped: Set<string>
}

/**
 * The messages of a conversation. Every result of a tool is a message of its own; pictures and files in it,
 * which only user messages may have, follow in a user message behind the results.
 */
export function encodeTurns(turns: readonly Turn[], context: MessageContext): JsonObject[] {
  const messages: JsonObject[] = []
  let media: JsonObject[] = []
  const flush = () => {
    if (media.length > 0) messages.push({ role: 'user', content: media })
    media = []
  }
  for (const [index, turn] of turns.entries()) {
    const path = `turns[${index}]`
    const results = turn.parts.filter((part) => part.type === 'tool-result')
    const others = turn.parts.filter((part) => part.type !== 'tool-result')
    if (turn.role !== 'tool') flush()
    for (const result of results) media.push(...encodeResult(result, path, context, messages))
    if (turn.role === 'tool') {
      mergeMembers(messages, others, path, context)
    } else if (others.length > 0 || results.length === 0) {
      flush()
      messages.push(encodeMessage(turn, others, path, context))
    }
  }
  flush()
  return messages
}

/** Appends the message of a result; returns the parts that must follow in a user message. */
function encodeResult(
  result: ToolResult,
  path: string,
  context: MessageContext,
  messages: JsonObject[],
): JsonObject[] {
  const { callId, name, cache, isError } = result
  const isText = (part: Part) => part.type !== 'media' || context.isOwn
  const content = encodeParts(result.content.filter(isText), path, context)
  const media = encodeParts(
    result.content.filter((part) => !isText(part)),
    path,
    context,
  )
  if (media.length > 0) context.dropped.add(`${path}.tool_result.media_position`)
  if (isError === true) context.dropped.add(`${path}.tool_result.is_error`)
  messages.push({
    role: 'tool',
    tool_call_id: callId,
    ...(name !== undefined && context.isOwn ? { name } : {}),
    content: contentOf(content) ?? '',
    ...cacheControl(cache, context),
  })
  return media
}

/** Members that the client put on a tool message, and that have no canonical form. */
function mergeMembers(
  messages: JsonObject[],
  parts: readonly Part[],
  path: string,
  context: MessageContext,
): void {
  const members = ownMembers(parts, path, context)
  const last = messages.at(-1)
  if (last !== undefined) messages[messages.length - 1] = { ...last, ...members }
}

function encodeMessage(
  turn: Turn,
  parts: readonly Part[],
  path: string,
  context: MessageContext,
): JsonObject {
  const { role, name } = turn
  const content = encodeParts(parts, path, context)
  const head = { role, ...(name === undefined ? {} : { name }) }
  if (role !== 'assistant')
    return { ...head, content: contentOf(content) ?? '', ...ownMembers(parts, path, context) }
  const isImage = (part: JsonObject) => part['type'] === 'image_url'
  const images = content.filter(isImage)
  if (images.length > 0 && !context.isOwn) context.dropped.add(`${path}.image`)
  const said = contentOf(content.filter((part) => !isImage(part)))
  const refusals = parts.flatMap((part) => (part.type === 'refusal' ? [part.text] : []))
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [encodeCall(part, context)] : []))
  return {
    ...head,
    content: said ?? (calls.length > 0 || refusals.length > 0 ? null : ''),
    ...(images.length > 0 && context.isOwn ? { images } : {}),
    ...(refusals.length > 0 ? { refusal: refusals.join('') } : {}),
    ...encodeReasoning(parts, path, context),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...ownMembers(parts, path, context),
  }
}

/** A single plain text goes as a string, which every server knows. */
function contentOf(parts: readonly JsonObject[]): string | readonly JsonObject[] | undefined {
  const [only] = parts
  if (only === undefined) return undefined
  const isPlain = parts.length === 1 && only['type'] === 'text' && only['cache_control'] === undefined
  return isPlain ? (only['text'] as string) : parts
}

/** The content parts; reasoning, refusals and calls have members of their own in a message. */
function encodeParts(parts: readonly Part[], path: string, context: MessageContext): JsonObject[] {
  return parts.flatMap((part): JsonObject[] => {
    switch (part.type) {
      case 'text': {
        const hasForeign = part.citations?.some(({ native }) => native?.dialect !== dialect) ?? false
        if (hasForeign) context.dropped.add(`${path}.citations`)
        return [{ type: 'text', text: part.text, ...cacheControl(part.cache, context) }]
      }
      case 'media': {
        const filename = part.filename ?? part.title
        const wire = mediaToWire(part.media, part.source, { ...part, ...(filename && { filename }) })
        if (wire === undefined) {
          context.dropped.add(`${path}.${part.media}`)
          return []
        }
        if (part.native !== undefined && part.native.dialect !== dialect) {
          for (const field of Object.keys(part.native.fields)) context.dropped.add(`${path}.${field}`)
        }
        return [{ ...wire, ...cacheControl(part.cache, context) }]
      }
      case 'native':
        if (part.dialect === dialect) {
          return isObject(part.value) && typeof part.value['type'] === 'string' ? [part.value] : []
        }
        context.dropped.add(`${path}.native`)
        return []
      case 'reasoning':
      case 'refusal':
      case 'tool-call':
      case 'tool-result':
        return []
    }
  })
}

/** Native parts without a type are members of the message. */
function ownMembers(parts: readonly Part[], path: string, context: MessageContext): JsonObject {
  let members: JsonObject = {}
  for (const part of parts) {
    if (part.type !== 'native') continue
    if (part.dialect !== dialect) context.dropped.add(`${path}.native`)
    else if (isObject(part.value) && typeof part.value['type'] !== 'string') {
      members = { ...members, ...part.value }
    }
  }
  return members
}

function encodeCall(part: Part & { readonly type: 'tool-call' }, context: MessageContext): JsonObject {
  const { callId: id, name, freeform } = part
  return {
    id,
    ...(freeform
      ? { type: 'custom', custom: { name, input: part.arguments } }
      : { type: 'function', function: { name, arguments: part.arguments || '{}' } }),
    ...(part.native?.dialect === dialect ? part.native.fields : {}),
    ...cacheControl(part.cache, context),
  }
}

/**
 * Proofs that came from this dialect go back in full. Plain text goes back only where it is wanted: other
 * servers refuse a member that they do not know.
 */
function encodeReasoning(parts: readonly Part[], path: string, context: MessageContext): JsonObject {
  const reasoning = parts.filter((part) => part.type === 'reasoning')
  const proven = reasoning.some((part) => part.signature?.dialect === dialect)
  if (proven) {
    const own = reasoning.filter((part) => part.signature === undefined || part.signature.dialect === dialect)
    if (own.length < reasoning.length) context.dropped.add(`${path}.reasoning`)
    return { reasoning_details: own.flatMap((part, index) => detailToWire(part, part.signature, index)) }
  }
  const text = reasoning.map((part) => part.text).join('')
  const isTaken = context.isOwn || context.takesReasoning
  if (reasoning.length > 0 && (!isTaken || text === '')) context.dropped.add(`${path}.reasoning`)
  return isTaken && text !== '' ? { reasoning_content: text } : {}
}

/** Anthropic's `cache_control`, for servers that a client of this dialect knows to take it. */
function cacheControl(cache: CacheHint | undefined, { isOwn, dropped }: MessageContext): JsonObject {
  if (cache === undefined) return {}
  if (isOwn) return { cache_control: { type: 'ephemeral', ...cache } }
  dropped.add('cache_control')
  return {}
}
