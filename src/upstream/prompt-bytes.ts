/** Says what a prompt consists of: how much of it is new, and how much is carried along from turn to turn. */

import type { GenRequest, Part } from '../core/request.ts'
import type { PromptBytes } from './operation.ts'

/** How texts that were looked up are set off from what the user says, by wide custom. */
const contextMark = /^\s*<(?:context|documents?|search_results?|retrieved)[\s>]/

/** Pure. Media count nothing: their tokens have no bytes to go by. */
export function promptBytes({ turns, tools = [] }: GenRequest): PromptBytes {
  const sums = { system: 0, history: 0, tools: 0, retrieved: 0, newTurn: 0 }
  for (const tool of tools) sums.tools += Buffer.byteLength(JSON.stringify(tool))
  const last = turns.findLastIndex(({ role }) => role === 'user')
  turns.forEach(({ role, parts }, at) => {
    const isSystem = role === 'system' || role === 'developer'
    const whose = isSystem ? 'system' : at === last ? 'newTurn' : 'history'
    for (const part of parts) sums[isRetrieved(part) ? 'retrieved' : whose] += bytesOf(part)
  })
  return sums
}

function isRetrieved(part: Part): boolean {
  if (part.type === 'text') return contextMark.test(part.text.slice(0, 100))
  return part.type === 'tool-result' || (part.type === 'media' && part.media === 'document')
}

function bytesOf(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return Buffer.byteLength(part.text)
    case 'tool-call':
      return part.name.length + Buffer.byteLength(part.arguments)
    case 'tool-result':
      return part.content.reduce((sum, each) => sum + bytesOf(each), 0)
    case 'media':
      return part.source.at === 'text' ? Buffer.byteLength(part.source.text) : 0
    case 'native':
      return Buffer.byteLength(JSON.stringify(part.value))
  }
}
