/** Chat Completions' messages as canonical turns. */

import type { Json, JsonObject } from '../../core/json.ts'
import { asArray, asObject, asString, defined, unknownFields } from '../../core/json.ts'
import type { CacheHint, Part, Turn } from '../../core/request.ts'
import { openCallId } from '../../core/signature.ts'
import { invalid, optional, readArray, readObject, readString, required } from '../read-fields.ts'
import { audioMimeType, mediaKindOf, sourceOfUrl } from './media.ts'
import { plainReasoning, reasoningDetails } from './reasoning.ts'

const dialect = 'openai-chat'

const messageFields = new Set([
  'role',
  'content',
  'name',
  'tool_calls',
  'function_call',
  'tool_call_id',
  'refusal',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'images',
])
const resultFields = new Set([...messageFields, 'cache_control'])
const callFields = new Set(['id', 'type', 'index', 'function', 'custom', 'cache_control'])

/** Legacy function calls have no ids: the answer to one follows it, so a count tells them apart. */
class LegacyIds {
  #calls = 0

  ofCall(): string {
    return `call_legacy_${++this.#calls}`
  }

  ofResult(): string {
    return `call_legacy_${this.#calls}`
  }
}

/** The turns of `messages`. Throws GatewayError `invalid_request` with the path of what is wrong. */
export function decodeMessages(value: Json | undefined): Turn[] {
  const ids = new LegacyIds()
  return readArray(value, 'messages').map((item, index) => {
    const path = `messages[${index}]`
    return decodeMessage(readObject(item, path), `${path}.`, ids)
  })
}

function decodeMessage(message: JsonObject, at: string, ids: LegacyIds): Turn {
  const role = required(message, 'role', at, readString)
  const name = optional(message, 'name', at, readString)
  switch (role) {
    case 'tool':
    case 'function': {
      const id = role === 'tool' ? required(message, 'tool_call_id', at, readString) : ids.ofResult()
      const result: Part = {
        type: 'tool-result',
        callId: openCallId(id).callId,
        content: decodeContent(message['content'], `${at}content`),
        ...defined({ name, cache: decodeCache(message) }),
      }
      return { role: 'tool', parts: [result, ...ownMembers(message, resultFields)] }
    }
    case 'system':
    case 'developer':
    case 'user': {
      const parts = [...decodeContent(message['content'], `${at}content`), ...ownMembers(message)]
      return name === undefined ? { role, parts } : { role, parts, name }
    }
    case 'assistant': {
      const refusal = optional(message, 'refusal', at, readString)
      const parts: Part[] = [
        ...decodeReasoning(message),
        ...decodeContent(message['content'], `${at}content`),
        // Pictures that a model drew come back as they were sent.
        ...decodeContent(message['images'], `${at}images`),
        ...(refusal ? [{ type: 'refusal' as const, text: refusal }] : []),
        ...decodeCalls(message, at, ids),
        ...ownMembers(message),
      ]
      return name === undefined ? { role, parts } : { role, parts, name }
    }
    default:
      throw invalid(`${at}role`, 'must be system, developer, user, assistant, tool or function')
  }
}

/**
 * Members of a message that have no canonical form (`prefix`, `audio`), as a native part without a type. Those
 * that are null or false ask for nothing, and neither do the citations of an answer that comes back.
 */
function ownMembers(message: JsonObject, known: ReadonlySet<string> = messageFields): Part[] {
  let own: Record<string, Json> | undefined
  for (const name in message) {
    const value = message[name]
    if (known.has(name) || value === undefined || value === null || value === false) continue
    if (name === 'annotations' && asArray(value).every(isUrlCitation)) continue
    own ??= Object.create(null) as Record<string, Json> // a member named __proto__ stays a member
    own[name] = value
  }
  return own === undefined ? [] : [{ type: 'native', dialect, value: own }]
}

function isUrlCitation(annotation: Json): boolean {
  return asObject(annotation)?.['type'] === 'url_citation'
}

function decodeReasoning(message: JsonObject): Part[] {
  const parts: (Part & { type: 'reasoning' })[] = []
  const plain = plainReasoning(message)
  const details = reasoningDetails(message, true)
  if (details.length === 0) return plain === '' ? [] : [{ type: 'reasoning', text: plain }]
  for (const { text, summary, redacted, signature } of details) {
    const last = parts.at(-1)
    // A sealed signature after a summary is that summary's: summaries have no slot of their own.
    if (redacted && signature && signature.dialect !== dialect && last?.summary && !last.signature) {
      parts[parts.length - 1] = { ...last, signature }
      continue
    }
    // Clients that keep only the proof have its text in the plain field.
    const said = text ?? (redacted || details.length > 1 ? '' : plain)
    parts.push({ type: 'reasoning', text: said, ...defined({ summary, redacted, signature }) })
  }
  return parts
}

function decodeCalls(message: JsonObject, at: string, ids: LegacyIds): Part[] {
  const calls = optional(message, 'tool_calls', at, readArray) ?? []
  const parts = calls.map((item, index) => {
    const path = `${at}tool_calls[${index}]`
    return decodeCall(readObject(item, path), `${path}.`)
  })
  const legacy = optional(message, 'function_call', at, readObject)
  if (legacy === undefined) return parts
  const name = required(legacy, 'name', `${at}function_call.`, readString)
  const text = optional(legacy, 'arguments', `${at}function_call.`, readString) ?? '{}'
  return [...parts, { type: 'tool-call', callId: ids.ofCall(), name, arguments: text }]
}

function decodeCall(call: JsonObject, at: string): Part {
  const isFreeform = call['type'] === 'custom'
  const member = isFreeform ? 'custom' : 'function'
  const body = required(call, member, at, readObject)
  const { callId, signature } = openCallId(required(call, 'id', at, readString))
  const input = optional(body, isFreeform ? 'input' : 'arguments', `${at}${member}.`, readInput) ?? ''
  const fields = unknownFields(call, callFields)
  return {
    type: 'tool-call',
    callId,
    name: required(body, 'name', `${at}${member}.`, readString),
    arguments: input,
    ...(isFreeform ? { freeform: true } : {}),
    ...defined({ signature, cache: decodeCache(call) }),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

/** Arguments that come parsed, as some servers send and some clients return them, become text. */
function readInput(value: Json | undefined, param: string): string {
  return typeof value === 'object' ? JSON.stringify(value) : readString(value, param)
}

function decodeContent(value: Json | undefined, at: string): Part[] {
  if (value === undefined || value === null || value === '') return []
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return readArray(value, at).flatMap((item, index) => {
    const path = `${at}[${index}]`
    return typeof item === 'string'
      ? [{ type: 'text' as const, text: item }]
      : decodePart(readObject(item, path), `${path}.`)
  })
}

/** One content part; a form that is not known stays as it is, for this dialect alone. */
function decodePart(part: JsonObject, at: string): Part[] {
  const cache = defined({ cache: decodeCache(part) })
  switch (part['type']) {
    case 'text':
    case 'input_text':
      return [{ type: 'text', text: required(part, 'text', at, readString), ...cache }]
    case 'refusal':
      return [{ type: 'refusal', text: required(part, 'refusal', at, readString) }]
    case 'thinking':
      return [{ type: 'reasoning', text: thinkingText(part['thinking']) }]
    case 'image_url': {
      const [url, image] = urlMember(part, 'image_url', at)
      const detail = optional(image, 'detail', `${at}image_url.`, readString)
      return [{ type: 'media', media: 'image', source: sourceOfUrl(url), ...defined({ detail }), ...cache }]
    }
    case 'video_url': {
      const [url] = urlMember(part, 'video_url', at)
      return [{ type: 'media', media: 'video', source: sourceOfUrl(url), ...cache }]
    }
    case 'document_url':
    case 'file_url': {
      const [url] = urlMember(part, part['type'], at)
      const filename = asString(part['document_name'])
      return [documentOf(url, filename, cache)]
    }
    case 'input_audio': {
      const audio = required(part, 'input_audio', at, readAudio)
      const data = required(audio, 'data', `${at}input_audio.`, readString)
      const mimeType = audioMimeType(optional(audio, 'format', `${at}input_audio.`, readString) ?? 'wav')
      return [{ type: 'media', media: 'audio', source: { at: 'base64', mimeType, data }, ...cache }]
    }
    case 'file':
      return [decodeFile(part, at, cache)]
    default:
      return [{ type: 'native', dialect, value: part }]
  }
}

/** Mistral takes the data alone, without a format. */
function readAudio(value: Json | undefined, param: string): JsonObject {
  return typeof value === 'string' ? { data: value } : readObject(value, param)
}

/** A URL in an object, or, as Mistral takes it, alone. */
function urlMember(part: JsonObject, name: string, at: string): [url: string, object: JsonObject] {
  const value = part[name]
  if (typeof value === 'string') return [value, {}]
  const object = required(part, name, at, readObject)
  return [required(object, 'url', `${at}${name}.`, readString), object]
}

function decodeFile(part: JsonObject, at: string, cache: { cache?: CacheHint }): Part {
  const file = required(part, 'file', at, readObject)
  const filename = optional(file, 'filename', `${at}file.`, readString)
  const id = optional(file, 'file_id', `${at}file.`, readString)
  if (id !== undefined) {
    return {
      type: 'media',
      media: 'document',
      source: { at: 'file', id },
      ...defined({ filename }),
      ...cache,
    }
  }
  return documentOf(required(file, 'file_data', `${at}file.`, readString), filename, cache)
}

/** Bytes come as a data URI, as an address (OpenRouter), or bare, which can only be a PDF. */
function documentOf(data: string, filename: string | undefined, cache: { cache?: CacheHint }): Part {
  const source = /^(data:|https?:)/.test(data)
    ? sourceOfUrl(data)
    : ({ at: 'base64', mimeType: 'application/pdf', data } as const)
  const media = source.at === 'base64' ? mediaKindOf(source.mimeType) : 'document'
  return { type: 'media', media, source, ...defined({ filename }), ...cache }
}

function thinkingText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value.map((piece) => asString((piece as JsonObject | null)?.['text']) ?? '').join('')
}

/** Anthropic's `cache_control`, which OpenRouter and LiteLLM take on parts, tools and messages. */
export function decodeCache(owner: JsonObject): CacheHint | undefined {
  const control = owner['cache_control']
  if (typeof control !== 'object' || control === null || Array.isArray(control)) return undefined
  const { ttl } = control as JsonObject
  return ttl === '1h' || ttl === '5m' ? { ttl } : {}
}
