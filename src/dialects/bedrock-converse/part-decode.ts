/** Reads the content blocks of a client's messages. */

import { asObject, isObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { MediaKind } from '../../core/event.ts'
import type { CacheHint, Part } from '../../core/request.ts'
import { openSignature } from '../../core/signature.ts'
import { citationFromWire } from './citation.ts'
import { invalid, optional, readArray, readObject, readString, required } from '../read-fields.ts'
import { mediaKindOf, sourceFromWire } from './media.ts'

const dialect = 'bedrock-converse'
const toolUseMembers: ReadonlySet<string> = new Set(['toolUseId', 'name', 'input'])
const toolResultMembers: ReadonlySet<string> = new Set(['toolUseId', 'content', 'status'])
const mediaMembers: ReadonlySet<string> = new Set(['format', 'name', 'source'])

/**
 * A list of blocks. A cache point becomes the hint of the part before it; one that stands first is a native part,
 * as are blocks of unknown kinds.
 */
export function decodeContent(content: Json | undefined, param: string): Part[] {
  const parts: Part[] = []
  for (const [index, value] of readArray(content, param).entries()) {
    const at = `${param}.${index}`
    const block = readObject(value, at)
    const before = parts.at(-1)
    const cache = cachePointOf(block)
    if (cache === undefined || before === undefined || !canHint(before)) parts.push(decodePart(block, at))
    else parts[parts.length - 1] = { ...before, cache }
  }
  return parts
}

/** The hint of a cache point; undefined for any other block. */
export function cachePointOf(block: JsonObject): CacheHint | undefined {
  const point = asObject(block['cachePoint'])
  if (point === undefined) return undefined
  const ttl = point['ttl']
  return ttl === '5m' || ttl === '1h' ? { ttl } : {}
}

type Hintable = Part & { readonly type: 'text' | 'media' | 'tool-call' | 'tool-result' }

function canHint(part: Part): part is Hintable {
  const { type } = part
  return type === 'text' || type === 'media' || type === 'tool-call' || type === 'tool-result'
}

function decodePart(block: JsonObject, param: string): Part {
  const at = `${param}.`
  const member = Object.keys(block).find((name) => block[name] !== undefined && block[name] !== null)
  if (member === undefined) throw invalid(param, 'must have one content block')
  switch (member) {
    case 'text':
      return { type: 'text', text: readString(block['text'], `${at}text`) }
    case 'toolUse':
      return decodeToolUse(block, at)
    case 'toolResult':
      return decodeToolResult(block, at)
    case 'reasoningContent':
      return decodeReasoning(block, at)
    case 'citationsContent':
      return decodeCited(readObject(block[member], at + member), `${at}citationsContent.`)
    case 'guardContent':
      return decodeGuarded(block)
    default: {
      const media = mediaKindOf(member)
      const part = media && decodeMedia(media, readObject(block[member], at + member), `${at}${member}.`)
      return part ?? { type: 'native', dialect, value: block }
    }
  }
}

function decodeToolUse(block: JsonObject, at: string): Part {
  const tool = required(block, 'toolUse', at, readObject)
  // What the provider runs itself is no call of the client's.
  if (tool['type'] === 'server_tool_use') return { type: 'native', dialect, value: block }
  const inner = `${at}toolUse.`
  const fields = unknownFields(tool, toolUseMembers)
  return {
    type: 'tool-call',
    callId: required(tool, 'toolUseId', inner, readString),
    name: required(tool, 'name', inner, readString),
    arguments: JSON.stringify(required(tool, 'input', inner, (input) => input)),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

function decodeToolResult(block: JsonObject, at: string): Part {
  const result = required(block, 'toolResult', at, readObject)
  if (unknownFields(result, toolResultMembers) !== undefined) return { type: 'native', dialect, value: block }
  const inner = `${at}toolResult.`
  const status = optional(result, 'status', inner, readString)
  return {
    type: 'tool-result',
    callId: required(result, 'toolUseId', inner, readString),
    content: required(result, 'content', inner, readArray).map((value, index) =>
      decodeResultPart(readObject(value, `${inner}content.${index}`), `${inner}content.${index}`),
    ),
    ...(status === undefined ? {} : { isError: status === 'error' }),
  }
}

/** A result's value in JSON is text to models of other dialects. */
function decodeResultPart(block: JsonObject, param: string): Part {
  if (block['json'] === undefined) return decodePart(block, param)
  return { type: 'text', text: JSON.stringify(block['json']), native: { dialect, fields: { json: true } } }
}

function decodeReasoning(block: JsonObject, at: string): Part {
  const content = required(block, 'reasoningContent', at, readObject)
  const inner = `${at}reasoningContent.`
  const redacted = optional(content, 'redactedContent', inner, readString)
  if (redacted !== undefined) {
    return { type: 'reasoning', text: '', redacted: true, signature: openSignature(redacted, dialect) }
  }
  const shown = required(content, 'reasoningText', inner, readObject)
  const sealed = optional(shown, 'signature', `${inner}reasoningText.`, readString)
  return {
    type: 'reasoning',
    text: required(shown, 'text', `${inner}reasoningText.`, readString),
    ...(sealed ? { signature: openSignature(sealed, dialect) } : {}),
  }
}

function decodeCited(cited: JsonObject, at: string): Part {
  const pieces = optional(cited, 'content', at, readArray) ?? []
  const text = pieces.map((piece, index) => {
    const param = `${at}content.${index}`
    return required(readObject(piece, param), 'text', `${param}.`, readString)
  })
  const citations = optional(cited, 'citations', at, readArray)?.filter(isObject).map(citationFromWire)
  return { type: 'text', text: text.join(''), ...(citations === undefined ? {} : { citations }) }
}

/** Text that a guardrail shall look at is text all the same. */
function decodeGuarded(block: JsonObject): Part {
  const { text, ...others } = asObject(asObject(block['guardContent'])?.['text']) ?? {}
  if (typeof text !== 'string') return { type: 'native', dialect, value: block }
  return { type: 'text', text, native: { dialect, fields: { guardContent: others } } }
}

function decodeMedia(media: MediaKind, block: JsonObject, at: string): Part | undefined {
  const source = sourceFromWire(media, block)
  if (source === undefined) return undefined
  const title = optional(block, 'name', at, readString)
  const fields = unknownFields(block, mediaMembers)
  return {
    type: 'media',
    media,
    source,
    ...(title === undefined ? {} : { title }),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}
