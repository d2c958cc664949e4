/** Looks at a request for what decides where it may go. */

import type { MediaKind } from '../core/event.ts'
import { defined } from '../core/json.ts'
import type { GenRequest, Part } from '../core/request.ts'
import type { ContentTraits } from './operation.ts'

const questionLength = 2_000

/** Cheap: sizes are summed, nothing is copied but the beginning of the last question. Pure. */
export function contentTraits(request: GenRequest): ContentTraits {
  const { tools = [], format, reasoning, maxOutputTokens, turns, choices, serviceTier } = request
  const seen: Seen = { bytes: 0, images: 0, isUnbounded: false, media: [] }
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
  const isStructured = format !== undefined && format.type !== 'text'
  if (format?.type === 'json-schema') seen.bytes += Buffer.byteLength(JSON.stringify(format.schema))
  return {
    inputBytes: seen.bytes,
    turns: turns.length,
    images: seen.images,
    isUnbounded: seen.isUnbounded || request.previousResponseId !== undefined,
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
  readonly media: MediaKind[]
}

function look(parts: readonly Part[], seen: Seen): void {
  for (const part of parts) {
    switch (part.type) {
      case 'text':
      case 'refusal':
      case 'reasoning':
        seen.bytes += Buffer.byteLength(part.text)
        break
      case 'tool-call':
        seen.bytes += part.name.length + Buffer.byteLength(part.arguments)
        break
      case 'tool-result':
        look(part.content, seen)
        break
      case 'media':
        if (part.source.at === 'text') seen.bytes += Buffer.byteLength(part.source.text)
        else lookAtMedia(part.media, seen)
        break
      case 'native':
        seen.bytes += Buffer.byteLength(JSON.stringify(part.value))
        seen.isUnbounded = true
        break
    }
  }
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
