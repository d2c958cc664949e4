/** Writes the content blocks of a request's messages. */

import type { MediaSource } from '../../core/event.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
import type { CacheHint, Part } from '../../core/request.ts'
import { citationToWire } from './citation.ts'
import { ownFields } from './response.ts'
import { toolInput } from '../tool-input.ts'

const dialect = 'anthropic-messages'

type TextPart = Part & { readonly type: 'text' }
type MediaPart = Part & { readonly type: 'media' }

/**
 * The blocks of one turn's parts. What this dialect cannot carry is added to `dropped` under `path`, such as
 * `turns[3].audio`. Empty text is left out, because the API refuses it and it says nothing.
 *
 * The signatures of other dialects are left out unreported where they stand beside text or a tool call: they
 * are proofs which only the provider that issued them asks for.
 */
export function encodeParts(parts: readonly Part[], path: string, dropped: Set<string>): JsonObject[] {
  return parts.map((part) => encodePart(part, path, dropped)).filter((block) => block !== undefined)
}

function encodePart(part: Part, path: string, dropped: Set<string>): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return encodeText(part, path, dropped)
    case 'refusal':
      return part.text === '' ? undefined : { type: 'text', text: part.text }
    case 'media':
      return encodeMedia(part, path, dropped)
    case 'reasoning': {
      const { signature } = part
      if (signature?.dialect === dialect) {
        return part.redacted
          ? { type: 'redacted_thinking', data: signature.value }
          : { type: 'thinking', thinking: part.text, signature: signature.value }
      }
      dropped.add(`${path}.reasoning`)
      return undefined
    }
    case 'tool-call':
      return {
        type: 'tool_use',
        id: toolId(part.callId),
        name: part.name,
        input: toolInput(part.arguments, part.freeform === true),
        ...ownFields(part.native),
        ...cacheControl(part.cache),
      }
    case 'tool-result': {
      const content = encodeParts(part.content, path, dropped)
      return {
        type: 'tool_result',
        tool_use_id: toolId(part.callId),
        ...(content.length === 0 ? {} : { content }),
        ...(part.isError === undefined ? {} : { is_error: part.isError }),
        ...cacheControl(part.cache),
      }
    }
    case 'native':
      if (part.dialect === dialect && isObject(part.value)) return part.value
      dropped.add(`${path}.native`)
      return undefined
  }
}

function encodeText(part: TextPart, path: string, dropped: Set<string>): JsonObject | undefined {
  if (part.text === '') return undefined
  // Only citations that this dialect issued hold the proof which it wants back.
  const own = part.citations?.filter(({ native }) => native?.dialect === dialect) ?? []
  if (own.length < (part.citations?.length ?? 0)) dropped.add(`${path}.citations`)
  const citations = own.map(citationToWire).filter((citation) => citation !== undefined)
  return {
    type: 'text',
    text: part.text,
    ...(citations.length === 0 ? {} : { citations }),
    ...cacheControl(part.cache),
  }
}

function encodeMedia(part: MediaPart, path: string, dropped: Set<string>): JsonObject | undefined {
  const { media } = part
  const source = media === 'image' || media === 'document' ? sourceToWire(media, part.source) : undefined
  if (source === undefined) {
    dropped.add(`${path}.${media}`)
    return undefined
  }
  if (part.detail !== undefined && part.detail !== 'auto') dropped.add(`${path}.detail`)
  if (part.native !== undefined && part.native.dialect !== dialect) {
    for (const name of Object.keys(part.native.fields)) dropped.add(`${path}.${name}`)
  }
  const title = media === 'document' ? (part.title ?? part.filename) : undefined
  return {
    type: media,
    source,
    ...(title === undefined ? {} : { title }),
    ...ownFields(part.native),
    ...cacheControl(part.cache),
  }
}

/** Undefined for a source that the API does not take: base64 documents are PDF there, or plain text. */
function sourceToWire(media: 'image' | 'document', source: MediaSource): JsonObject | undefined {
  switch (source.at) {
    case 'base64':
      if (media === 'document' && source.mimeType.startsWith('text/')) {
        const data = Buffer.from(source.data, 'base64').toString('utf8')
        return { type: 'text', media_type: 'text/plain', data }
      }
      if (media === 'document' && source.mimeType !== 'application/pdf') return undefined
      return { type: 'base64', media_type: source.mimeType, data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
    case 'file':
      return { type: 'file', file_id: source.id }
    case 'text':
      return media === 'image' ? undefined : { type: 'text', media_type: 'text/plain', data: source.text }
  }
}

/** An id of another dialect may have characters that the API refuses; call and result change alike. */
function toolId(callId: string): string {
  return callId.replaceAll(/[^\w-]/g, '_')
}

/** The `cache_control` of a block, a tool or the request, ready to spread. */
export function cacheControl(cache: CacheHint | undefined): JsonObject {
  return cache === undefined ? {} : { cache_control: { type: 'ephemeral', ...cache } }
}
