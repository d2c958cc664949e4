/** Marks the long, stable beginning of a prompt for the provider's own cache, where the client has marked nothing. */

import type { CacheHint, GenRequest, Part, Tool, Turn } from '../core/request.ts'

/** Some 2,000 tokens. Providers keep nothing below 1,024 to 4,096 of them, and a mark too many costs a write. */
const minPrefixBytes = 8_192
const hint: CacheHint = {}

/**
 * The request with at most two marks: behind tools and system prompt, and behind the last turn of a conversation that
 * has a history. Undefined where the client has marked something, or nothing is long enough. Pure.
 */
export function withCacheHints(request: GenRequest): GenRequest | undefined {
  if (isMarked(request)) return undefined
  const { tools = [], turns } = request
  const firstTurn = turns.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const head = firstTurn < 0 ? turns : turns.slice(0, firstTurn)
  const headBytes = bytesOf(tools) + bytesOf(head)
  const marked = new Map<number, Turn>()
  let markedTools: readonly Tool[] | undefined
  if (headBytes >= minPrefixBytes) {
    const system = head.length > 0 ? markedTurn(head.at(-1)!) : undefined
    if (system) marked.set(head.length - 1, system)
    else markedTools = withLastMarked(tools)
  }
  const last = turns.length - 1
  const hasHistory = last - head.length >= 2
  if (hasHistory && headBytes + bytesOf(turns.slice(head.length)) >= minPrefixBytes) {
    const turn = markedTurn(turns[last]!)
    if (turn) marked.set(last, turn)
  }
  if (marked.size === 0 && !markedTools) return undefined
  return {
    ...request,
    turns: turns.map((turn, at) => marked.get(at) ?? turn),
    ...(markedTools && { tools: markedTools }),
  }
}

function isMarked({ cache, tools = [], turns }: GenRequest): boolean {
  const has = (item: Part | Tool): boolean => 'cache' in item && item.cache !== undefined
  return cache !== undefined || tools.some(has) || turns.some(({ parts }) => parts.some(has))
}

function bytesOf(value: readonly unknown[]): number {
  return value.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(value))
}

/** Undefined where its last part cannot carry a mark. */
function markedTurn(turn: Turn): Turn | undefined {
  const last = turn.parts.at(-1)
  if (last?.type !== 'text' && last?.type !== 'tool-result') return undefined
  return { ...turn, parts: [...turn.parts.slice(0, -1), { ...last, cache: hint }] }
}

function withLastMarked(tools: readonly Tool[]): readonly Tool[] | undefined {
  const last = tools.at(-1)
  return last?.type === 'function' ? [...tools.slice(0, -1), { ...last, cache: hint }] : undefined
}
