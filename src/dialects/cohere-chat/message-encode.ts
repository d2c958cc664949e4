/** Writes the turns of a request as messages, and the documents that stand beside them. */

import { asObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Part, Turn } from '../../core/request.ts'
import { urlOfSource } from '../openai-chat/media.ts'
import { toolInput } from '../tool-input.ts'
import { citationToWire } from './citation.ts'
import { isPlan } from './response.ts'

const dialect = 'cohere-chat'

type MediaPart = Part & { readonly type: 'media' }

/** What encoding the turns of a request must know of all of it, and what it finds. */
export interface MessageContext {
  readonly dropped: Set<string>
  /** The client spoke this dialect: what it sent is not for us to mend. */
  readonly isOwn: boolean
  /** The model wants the text of its earlier reasoning back. */
  readonly takesReasoning: boolean
  /** Documents of the conversation: the API takes them beside the messages, for the model to cite. */
  readonly documents: JsonObject[]
}

/** The messages of all turns. What this dialect cannot carry is added to `dropped`, such as `turns[3].audio`. */
export function encodeTurns(turns: readonly Turn[], context: MessageContext): JsonObject[] {
  return turns.flatMap((turn, index) => {
    const path = `turns[${index}]`
    if (turn.name !== undefined) context.dropped.add(`${path}.name`)
    switch (turn.role) {
      case 'assistant':
        return assistantMessage(turn.parts, path, context)
      case 'tool':
        return resultMessages(turn.parts, path, context)
      case 'system':
      case 'developer':
        return message('system', turn.parts, path, context)
      case 'user':
        return [...resultMessages(turn.parts, path, context), ...message('user', turn.parts, path, context)]
    }
  })
}

function message(role: string, parts: readonly Part[], path: string, context: MessageContext): JsonObject[] {
  const content = encodeContent(parts, path, context)
  return content.length > 0 || context.isOwn ? [{ role, content: contentOf(content) }] : []
}

/** A single plain text goes as a string. */
function contentOf(content: readonly JsonObject[]): Json {
  const [only] = content
  return content.length === 1 && only?.['type'] === 'text' ? only['text']! : content
}

function resultMessages(parts: readonly Part[], path: string, context: MessageContext): JsonObject[] {
  return parts.flatMap((part) => {
    if (part.type !== 'tool-result') return []
    if (part.isError) context.dropped.add(`${path}.tool_result.is_error`)
    if (part.cache !== undefined) context.dropped.add('cache_control')
    const content = encodeContent(part.content, `${path}.tool_result`, context)
    return [
      {
        role: 'tool',
        tool_call_id: part.callId,
        content: contentOf(content.length > 0 ? content : [emptyText]),
      },
    ]
  })
}

const emptyText: JsonObject = { type: 'text', text: '' }

/** What an assistant says before it calls tools is its plan: the API has a member of its own for that. */
function assistantMessage(parts: readonly Part[], path: string, context: MessageContext): JsonObject[] {
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [callToWire(part)] : []))
  const isPlanned = (part: Part) =>
    part.type === 'text' &&
    (isPlan({ kind: 'text', ...(part.native && { native: part.native }) }) ||
      (calls.length > 0 && !context.isOwn))
  const plan = parts.flatMap((part) => (part.type === 'text' && isPlanned(part) ? [part.text] : [])).join('')
  const rest = parts.filter((part) => !isPlanned(part))
  const content = encodeContent(rest, path, context)
  if (content.length === 0 && calls.length === 0 && plan === '' && !context.isOwn) return []
  const citations = citationsOf(rest, path, context)
  return [
    {
      role: 'assistant',
      ...(content.length > 0 || calls.length === 0 ? { content: contentOf(content) } : {}),
      ...(plan === '' ? {} : { tool_plan: plan }),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(citations.length > 0 ? { citations } : {}),
    },
  ]
}

function callToWire(part: Part & { readonly type: 'tool-call' }): JsonObject {
  const input = part.freeform ? JSON.stringify(toolInput(part.arguments, true)) : part.arguments
  return {
    id: part.callId,
    type: 'function',
    function: { name: part.name, arguments: input.trim() === '' ? '{}' : input },
  }
}

/** Only citations that this dialect issued say what they cite in its form. */
function citationsOf(parts: readonly Part[], path: string, { dropped }: MessageContext): JsonObject[] {
  return parts.flatMap((part, index) => {
    if (part.type !== 'text' || part.citations === undefined) return []
    const own = part.citations.filter(({ native }) => native?.dialect === dialect)
    if (own.length < part.citations.length) dropped.add(`${path}.citations`)
    return own.map((citation) => citationToWire(citation, index))
  })
}

/** The entries of a content; calls and results have places of their own. */
function encodeContent(parts: readonly Part[], path: string, context: MessageContext): JsonObject[] {
  return parts.map((part) => encodePart(part, path, context)).filter((entry) => entry !== undefined)
}

function encodePart(part: Part, path: string, context: MessageContext): JsonObject | undefined {
  const { dropped, isOwn } = context
  if ('cache' in part && part.cache !== undefined) dropped.add('cache_control')
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' && !isOwn ? undefined : { type: 'text', text: part.text }
    case 'reasoning': {
      // Cohere signs nothing: what another provider signed was never its own.
      const isTaken = isOwn || (context.takesReasoning && part.signature === undefined)
      if (isTaken && part.text !== '') return { type: 'thinking', thinking: part.text }
      dropped.add(`${path}.reasoning`)
      return undefined
    }
    case 'media':
      return encodeMedia(part, path, context)
    case 'native':
      if (part.dialect === dialect) return asObject(part.value)
      dropped.add(`${path}.native`)
      return undefined
    case 'tool-call':
    case 'tool-result':
      return undefined
  }
}

function encodeMedia(
  part: MediaPart,
  path: string,
  { dropped, documents }: MessageContext,
): JsonObject | undefined {
  const { media, source, detail } = part
  for (const name of Object.keys(part.native?.fields ?? {})) dropped.add(`${path}.${name}`)
  if (media === 'document' && source.at === 'text') {
    const title = part.title ?? part.filename
    documents.push({
      id: `doc:${documents.length}`,
      data: { text: source.text, ...(title === undefined ? {} : { title }) },
    })
    return undefined
  }
  const url = media === 'image' ? urlOfSource(source) : undefined
  if (url !== undefined)
    return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } }
  dropped.add(`${path}.${media}`)
  return undefined
}
