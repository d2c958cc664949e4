/** The texts of a request that people and tools wrote, in order, and the request with others in their place. */

import type { Json } from '../core/json.ts'
import type { GenRequest, Part, Tool, Turn } from '../core/request.ts'

export type RewriteText = (text: string) => string

/**
 * The same object where no text changes. Reasoning is left alone: its provider has signed it. So are media but for
 * plain-text documents.
 */
export function rewriteTexts(request: GenRequest, rewrite: RewriteText): GenRequest {
  const turns = mapped(request.turns, (turn) => rewriteTurn(turn, rewrite))
  const tools = request.tools && mapped(request.tools, (tool) => rewriteTool(tool, rewrite))
  if (turns === request.turns && tools === request.tools) return request
  return { ...request, turns, ...(tools && { tools }) }
}

/** All of them, in the same order. */
export function textsOf(request: GenRequest): string[] {
  const texts: string[] = []
  rewriteTexts(request, (text) => {
    texts.push(text)
    return text
  })
  return texts
}

/** What has been said since the model last spoke, without instructions: what is new in a conversation. */
export function newText(request: GenRequest): string {
  const last = request.turns.findLastIndex(({ role }) => role === 'assistant')
  const turns = request.turns.slice(last + 1).filter(({ role }) => role === 'user' || role === 'tool')
  return textsOf({ ...request, turns, tools: [] }).join('\n')
}

/** The same array where nothing changes. */
function mapped<Item>(items: readonly Item[], map: (item: Item) => Item): readonly Item[] {
  const next = items.map(map)
  return next.some((item, at) => item !== items[at]) ? next : items
}

function rewriteTurn(turn: Turn, rewrite: RewriteText): Turn {
  const parts = mapped(turn.parts, (part) => rewritePart(part, rewrite))
  return parts === turn.parts ? turn : { ...turn, parts }
}

function rewritePart(part: Part, rewrite: RewriteText): Part {
  switch (part.type) {
    case 'text':
    case 'refusal': {
      const text = rewrite(part.text)
      return text === part.text ? part : { ...part, text }
    }
    case 'tool-call': {
      const args = rewrite(part.arguments)
      return args === part.arguments ? part : { ...part, arguments: args }
    }
    case 'tool-result': {
      const content = mapped(part.content, (inner) => rewritePart(inner, rewrite))
      return content === part.content ? part : { ...part, content }
    }
    case 'media': {
      if (part.source.at !== 'text') return part
      const text = rewrite(part.source.text)
      return text === part.source.text ? part : { ...part, source: { ...part.source, text } }
    }
    case 'native': {
      const value = rewriteJson(part.value, rewrite)
      return value === part.value ? part : { ...part, value }
    }
    case 'reasoning':
      return part
  }
}

function rewriteTool(tool: Tool, rewrite: RewriteText): Tool {
  if (tool.type !== 'function' || tool.description === undefined) return tool
  const description = rewrite(tool.description)
  return description === tool.description ? tool : { ...tool, description }
}

/** Proofs and ciphertext of a provider's: a changed one is refused. */
const sealedMembers = new Set(['signature', 'encrypted_content', 'data', 'thinking'])

function rewriteJson(value: Json, rewrite: RewriteText): Json {
  if (typeof value === 'string') return rewrite(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return mapped(value as readonly Json[], (item) => rewriteJson(item, rewrite))
  let isChanged = false
  const members = Object.entries(value).map(([name, member]) => {
    if (member === undefined || sealedMembers.has(name)) return [name, member] as const
    const next = rewriteJson(member as Json, rewrite)
    isChanged ||= next !== member
    return [name, next] as const
  })
  return isChanged ? Object.fromEntries(members) : value
}
