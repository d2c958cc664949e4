/** Writes the content blocks of a request's messages. */

import { asObject, isObject, type JsonObject, parseJson } from '../../core/json.ts'
import type { CacheHint, Part } from '../../core/request.ts'
import { toolInput } from '../tool-input.ts'
import { sourceToWire } from './media.ts'

const dialect = 'bedrock-converse'
const maxIdLength = 64

type TextPart = Part & { readonly type: 'text' }
type MediaPart = Part & { readonly type: 'media' }

/** What encoding the parts of a request must know of all of it. */
export interface PartContext {
  readonly dropped: Set<string>
  /** The client spoke this dialect: what it sent is not for us to mend. */
  readonly isOwn: boolean
  /** The model caches prompts where it is told to; the others refuse to be told. */
  readonly takesCachePoints: boolean
  /** Names of documents so far: the API wants each only once. */
  readonly documentNames: Set<string>
}

/**
 * The blocks of one turn's parts. What this dialect cannot carry is added to `dropped` under `path`, such as
 * `turns[3].audio`. Blank text is left out, because the API refuses it and it says nothing.
 */
export function encodeParts(parts: readonly Part[], path: string, context: PartContext): JsonObject[] {
  return parts.flatMap((part) => {
    const block = encodePart(part, path, context)
    if (block === undefined) return []
    return [block, ...cachePoint('cache' in part ? part.cache : undefined, context)]
  })
}

/** The block that stands behind what a hint marks. */
export function cachePoint(cache: CacheHint | undefined, context: PartContext): JsonObject[] {
  if (cache === undefined) return []
  if (context.takesCachePoints) return [{ cachePoint: { type: 'default', ...cache } }]
  context.dropped.add('cache')
  return []
}

function encodePart(part: Part, path: string, context: PartContext): JsonObject | undefined {
  const { dropped } = context
  switch (part.type) {
    case 'text':
      return encodeText(part, path, context)
    case 'refusal':
      return isBlank(part.text) ? undefined : { text: part.text }
    case 'media':
      return encodeMedia(part, path, context)
    case 'reasoning':
      return encodeReasoning(part, path, context)
    case 'tool-call':
      return {
        toolUse: {
          toolUseId: toolId(part.callId),
          name: part.name,
          input: toolInput(part.arguments, part.freeform === true),
          ...ownFields(part.native),
        },
      }
    case 'tool-result': {
      const { callId, content, isError } = part
      return {
        toolResult: {
          toolUseId: toolId(callId),
          content: encodeResult(content, path, context),
          ...(isError === undefined ? {} : { status: isError ? 'error' : 'success' }),
        },
      }
    }
    case 'native':
      if (part.dialect === dialect && isObject(part.value)) return part.value
      dropped.add(`${path}.native`)
      return undefined
  }
}

/** No cache point may stand within a result; the one behind it reaches as far. */
function encodeResult(content: readonly Part[], path: string, context: PartContext): JsonObject[] {
  return content.map((part) => encodePart(part, path, context)).filter((block) => block !== undefined)
}

function encodeText(part: TextPart, path: string, { dropped, isOwn }: PartContext): JsonObject | undefined {
  if (isBlank(part.text) && !isOwn) return undefined
  const { json, guardContent } = ownFields(part.native)
  if (json === true) return { json: parseJson(part.text) ?? part.text }
  const guarded = asObject(guardContent)
  if (guarded !== undefined) return { guardContent: { text: { text: part.text, ...guarded } } }
  const own = (part.citations ?? []).filter(({ native }) => native?.dialect === dialect)
  if (part.citations !== undefined && own.length < part.citations.length) dropped.add(`${path}.citations`)
  if (own.length === 0) return { text: part.text }
  return {
    citationsContent: {
      content: [{ text: part.text }],
      citations: own.map(({ native }) => native!.value),
    },
  }
}

function encodeMedia(part: MediaPart, path: string, context: PartContext): JsonObject | undefined {
  const { media, native } = part
  const { dropped } = context
  const source = sourceToWire(media, part.source)
  if (source === undefined) {
    dropped.add(`${path}.${media}`)
    return undefined
  }
  if (part.detail !== undefined && part.detail !== 'auto') dropped.add(`${path}.detail`)
  if (native !== undefined && native.dialect !== dialect) {
    for (const name of Object.keys(native.fields)) dropped.add(`${path}.${name}`)
  }
  const name = media === 'document' ? documentName(part.title ?? part.filename, context) : undefined
  return { [media]: { ...source, ...(name === undefined ? {} : { name }), ...ownFields(native) } }
}

/** Letters, digits, single spaces, hyphens, parentheses and brackets are all that a name may have. */
function documentName(title: string | undefined, { documentNames, isOwn }: PartContext): string {
  if (isOwn && title !== undefined) return title
  const plain = (title ?? '')
    .replaceAll(/[^A-Za-z0-9\s()[\]-]/g, '-')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const base = plain.slice(0, 190) || 'document'
  let name = base
  for (let n = 2; documentNames.has(name); n++) name = `${base} (${n})`
  documentNames.add(name)
  return name
}

function encodeReasoning(
  { signature, redacted, text }: Part & { readonly type: 'reasoning' },
  path: string,
  { dropped, isOwn }: PartContext,
): JsonObject | undefined {
  if (signature?.dialect === dialect) {
    if (redacted) return { reasoningContent: { redactedContent: signature.value } }
    return { reasoningContent: { reasoningText: { text, signature: signature.value } } }
  }
  if (isOwn && signature === undefined) return { reasoningContent: { reasoningText: { text } } }
  dropped.add(`${path}.reasoning`)
  return undefined
}

/** An id of another dialect may have characters that the API refuses, or be too long; call and result change alike. */
function toolId(callId: string): string {
  return callId.replaceAll(/[^\w-]/g, '_').slice(-maxIdLength)
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** The members that came from this dialect, to put back. */
export function ownFields(
  native: { readonly dialect: string; readonly fields: JsonObject } | undefined,
): JsonObject {
  return native?.dialect === dialect ? native.fields : {}
}
