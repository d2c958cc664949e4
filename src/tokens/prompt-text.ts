/** The text of a request as a tokenizer sees it, with what the text cannot show. */

import type { GenRequest, Part, Tool } from '../core/request.ts'

export interface PromptText {
  readonly texts: readonly string[]
  /** Tokens for message frames and media, by rule of thumb. */
  readonly extraTokens: number
}

/** Chat templates frame each message with about this many tokens. */
const tokensPerTurn = 4
/** And prime the answer with these. */
const tokensPerAnswer = 3
/** A rough middle of what providers charge for an image, a page or a short clip. */
const tokensPerMedia = 800

/** Collects everything of the prompt that costs tokens. Pure. */
export function promptText(request: GenRequest): PromptText {
  const texts: string[] = []
  let media = 0
  const collect = (parts: readonly Part[]) => {
    for (const part of parts) {
      switch (part.type) {
        case 'text':
        case 'refusal':
        case 'reasoning':
          texts.push(part.text)
          break
        case 'tool-call':
          texts.push(part.name, part.arguments)
          break
        case 'tool-result':
          collect(part.content)
          break
        case 'media':
          if (part.source.at === 'text') texts.push(part.source.text)
          else media++
          break
        case 'native':
          texts.push(JSON.stringify(part.value))
          break
      }
    }
  }
  for (const turn of request.turns) collect(turn.parts)
  for (const tool of request.tools ?? []) texts.push(toolText(tool))
  if (request.format?.type === 'json-schema') texts.push(JSON.stringify(request.format.schema))
  return {
    texts,
    extraTokens: request.turns.length * tokensPerTurn + tokensPerAnswer + media * tokensPerMedia,
  }
}

function toolText(tool: Tool): string {
  if (tool.type === 'native') return JSON.stringify(tool.value)
  return `${tool.name} ${tool.description ?? ''} ${JSON.stringify(tool.schema ?? {})}`
}
