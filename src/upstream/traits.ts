/** Looks at a request for what decides where it may go. */

import type { MediaKind, Signature } from '../core/event.ts'
import { defined } from '../core/json.ts'
import type { GenRequest, Part } from '../core/request.ts'
import type { ContentTraits } from './operation.ts'

const questionLength = 2_000

/**
 * Providers put prompts of their own before a request: dates, the frame of a model's format, instructions. The most that
 * recorded calls show beyond the bytes of their request are 229 tokens (Grok's).
 */
const addedToAll = 256
/** And more where they have to explain tools, schemas, or how to cite: 698 (Nova's). */
const addedForInstructions = 1_024

/** Fields of dialects that name what is not in the request: files, prompts and servers at the provider, searches. */
const outsideFields: ReadonlySet<string> = new Set([
  'cachedContent',
  'container',
  'conversation',
  'data_sources',
  'documents',
  'mcp_servers',
  'models',
  'plugins',
  'preset',
  'prompt',
  'promptVariables',
  'search_parameters',
  'web_search_options',
])

/** Cheap: sizes are summed, nothing is copied but the beginning of the last question. Pure. */
export function contentTraits(request: GenRequest): ContentTraits {
  const { tools = [], format, reasoning, maxOutputTokens, turns, choices, serviceTier } = request
  const seen: Seen = { bytes: 0, images: 0, isUnbounded: false, hasDocument: false, media: [] }
  let question: readonly Part[] = []
  for (const turn of turns) {
    look(turn.parts, seen)
    if (turn.role === 'user') question = turn.parts
  }
  for (const tool of tools) {
    seen.bytes += Buffer.byteLength(JSON.stringify(tool))
    // A tool that the provider runs by itself feeds what it finds back into the prompt.
    if (tool.type === 'native') seen.isUnbounded = true
  }
  if (Object.keys(request.native?.fields ?? {}).some((name) => outsideFields.has(name)))
    seen.isUnbounded = true
  const isStructured = format !== undefined && format.type !== 'text'
  if (format?.type === 'json-schema') seen.bytes += Buffer.byteLength(JSON.stringify(format.schema))
  return {
    inputBytes: seen.bytes,
    turns: turns.length,
    images: seen.images,
    isUnbounded: seen.isUnbounded || request.previousResponseId !== undefined,
    addedTokens:
      addedToAll + (tools.length > 0 || isStructured || seen.hasDocument ? addedForInstructions : 0),
    hasTools: tools.length > 0,
    isStructured,
    asksReasoning: reasoning !== undefined && reasoning.effort !== 'none',
    media: seen.media,
    question: textOf(question),
    ...defined({ maxOutputTokens, choices, serviceTier }),
  }
}

interface Seen {
  bytes: number
  images: number
  isUnbounded: boolean
  hasDocument: boolean
  readonly media: MediaKind[]
}

function look(parts: readonly Part[], seen: Seen): void {
  for (const part of parts) {
    switch (part.type) {
      case 'text':
      case 'reasoning':
        seen.bytes += Buffer.byteLength(part.text) + sealedBytes(part.signature)
        break
      case 'refusal':
        seen.bytes += Buffer.byteLength(part.text)
        break
      case 'tool-call':
        seen.bytes += part.name.length + Buffer.byteLength(part.arguments) + sealedBytes(part.signature)
        break
      case 'tool-result':
        look(part.content, seen)
        break
      case 'media':
        if (part.source.at === 'text') {
          seen.bytes += Buffer.byteLength(part.source.text)
          seen.hasDocument = true
        } else lookAtMedia(part.media, seen)
        break
      case 'native':
        seen.bytes += Buffer.byteLength(JSON.stringify(part.value))
        seen.isUnbounded = true
        break
    }
  }
}

/** Thoughts travel sealed, and are read by the model again: at most a token for each byte. */
function sealedBytes(signature: Signature | undefined): number {
  return signature?.value.length ?? 0
}

function lookAtMedia(media: MediaKind, seen: Seen): void {
  if (media === 'image') seen.images++
  else seen.isUnbounded = true
  if (!seen.media.includes(media)) seen.media.push(media)
}

function textOf(parts: readonly Part[]): string {
  let text = ''
  for (const part of parts) {
    if (part.type !== 'text' || text.length >= questionLength) continue
    text += text === '' ? part.text : `\n${part.text}`
  }
  return text.slice(0, questionLength)
}
