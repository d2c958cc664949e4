/** Reads the content blocks of a client's messages. */

import type { MediaSource } from '../../core/event.ts'
import { asObject, isObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { CacheHint, Part } from '../../core/request.ts'
import { openCallId, openSignature } from '../../core/signature.ts'
import { citationFromWire } from './citation.ts'
import {
  invalid,
  optional,
  readArray,
  readBoolean,
  readObject,
  readString,
  required,
} from '../read-fields.ts'

const dialect = 'anthropic-messages'
const mediaMembers: ReadonlySet<string> = new Set(['type', 'source', 'title', 'cache_control'])
const toolUseMembers: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input', 'cache_control'])

/** A message's content: text, or a list of blocks. Blocks of unknown types are native parts. */
export function decodeContent(content: Json | undefined, param: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw invalid(param, 'must be a string or an array')
  return readArray(content, param).map((block, index) => decodePart(block, `${param}.${index}`))
}

function decodePart(value: Json, param: string): Part {
  const block = readObject(value, param)
  const at = `${param}.`
  const type = required(block, 'type', at, readString)
  switch (type) {
    case 'text': {
      const citations = optional(block, 'citations', at, readArray)?.filter(isObject).map(citationFromWire)
      return {
        type: 'text',
        text: required(block, 'text', at, readString),
        ...(citations === undefined || citations.length === 0 ? {} : { citations }),
        ...cacheOf(block, at),
      }
    }
    case 'image':
    case 'document':
      return decodeMedia(type, block, at)
    case 'thinking': {
      const text = required(block, 'thinking', at, readString)
      const sealed = optional(block, 'signature', at, readString)
      return { type: 'reasoning', text, ...(sealed ? { signature: openSignature(sealed, dialect) } : {}) }
    }
    case 'redacted_thinking': {
      const signature = openSignature(required(block, 'data', at, readString), dialect)
      return { type: 'reasoning', text: '', redacted: true, signature }
    }
    case 'tool_use': {
      const fields = unknownFields(block, toolUseMembers)
      return {
        type: 'tool-call',
        ...openCallId(required(block, 'id', at, readString)),
        name: required(block, 'name', at, readString),
        arguments: JSON.stringify(required(block, 'input', at, readObject)),
        ...cacheOf(block, at),
        ...(fields === undefined ? {} : { native: { dialect, fields } }),
      }
    }
    case 'tool_result': {
      const isError = optional(block, 'is_error', at, readBoolean)
      const content = optional(block, 'content', at, decodeContent) ?? []
      const nested = content.findIndex((part) => part.type === 'tool-result')
      if (nested >= 0)
        throw invalid(`${at}content.${nested}.type`, 'cannot be tool_result within a tool result')
      return {
        type: 'tool-result',
        callId: openCallId(required(block, 'tool_use_id', at, readString)).callId,
        content,
        ...(isError === undefined ? {} : { isError }),
        ...cacheOf(block, at),
      }
    }
    default:
      return { type: 'native', dialect, value: block }
  }
}

function decodeMedia(media: 'image' | 'document', block: JsonObject, at: string): Part {
  const source = decodeSource(required(block, 'source', at, readObject), `${at}source.`)
  if (source === undefined) return { type: 'native', dialect, value: block }
  const title = optional(block, 'title', at, readString)
  const fields = unknownFields(block, mediaMembers)
  return {
    type: 'media',
    media,
    source,
    ...(title === undefined ? {} : { title }),
    ...cacheOf(block, at),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

/** Undefined for a source of a type that has no canonical form, such as `content`. */
function decodeSource(source: JsonObject, at: string): MediaSource | undefined {
  switch (required(source, 'type', at, readString)) {
    case 'base64':
      return {
        at: 'base64',
        mimeType: required(source, 'media_type', at, readString),
        data: required(source, 'data', at, readString),
      }
    case 'url':
      return { at: 'url', url: required(source, 'url', at, readString) }
    case 'file':
      return { at: 'file', id: required(source, 'file_id', at, readString) }
    case 'text': {
      const mimeType = optional(source, 'media_type', at, readString)
      const text = required(source, 'data', at, readString)
      return { at: 'text', text, ...(mimeType === undefined ? {} : { mimeType }) }
    }
    default:
      return undefined
  }
}

/** The cache hint of a block, a tool or the request, ready to spread. */
export function cacheOf(holder: JsonObject, at: string): { cache?: CacheHint } {
  const control = optional(holder, 'cache_control', at, readObject)
  if (control === undefined) return {}
  const ttl = asObject(control)?.['ttl']
  return { cache: ttl === '5m' || ttl === '1h' ? { ttl } : {} }
}
