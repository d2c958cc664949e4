/** What a synthetic model says, before any dialect writes it, and what that costs. */

/** A part of an answer. `pieces` are the deltas of its stream; joined they are the whole. */
export type SimBlock =
  | { readonly kind: 'text' | 'refusal'; readonly pieces: readonly string[] }
  | { readonly kind: 'reasoning'; readonly pieces: readonly string[]; readonly signature: string }
  | {
      readonly kind: 'tool'
      readonly callId: string
      readonly name: string
      /** Pieces of the JSON text of the arguments. */
      readonly pieces: readonly string[]
    }

export interface SimAnswer {
  readonly blocks: readonly SimBlock[]
  /** A common word, which each dialect writes as its own, or a dialect's own word, which passes as it is. */
  readonly finish: string
  readonly usage: SimUsage
}

/** Tokens as they are billed: `outputTokens` holds the reasoning. */
export interface SimUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

/**
 * The billing rule, the same in every dialect, streamed or not: a token is four bytes of UTF-8, and each piece is
 * rounded up. So a bill can be computed by hand, and a stream that is cut is billed for the pieces it sent.
 */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4)
}

export function textOf(block: SimBlock): string {
  return block.pieces.join('')
}

/** Tokens of a block: its pieces by the rule, and the name of a tool. */
export function blockTokens(block: SimBlock): number {
  let tokens = block.kind === 'tool' ? tokensOf(block.name) : 0
  for (const piece of block.pieces) tokens += tokensOf(piece)
  return tokens
}

/** The bill of an answer to a prompt of `inputTokens`. */
export function billOf(inputTokens: number, blocks: readonly SimBlock[]): SimUsage {
  let outputTokens = 0
  let reasoningTokens = 0
  for (const block of blocks) {
    const tokens = blockTokens(block)
    outputTokens += tokens
    if (block.kind === 'reasoning') reasoningTokens += tokens
  }
  return { inputTokens, outputTokens, reasoningTokens }
}

/** The text as words with the space before them, the way that providers stream it. */
export function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

/** The text as pieces of at most `length` characters; a character outside the BMP is not cut in two. */
export function slices(text: string, length: number): string[] {
  const characters = Array.from(text)
  const pieces: string[] = []
  for (let at = 0; at < characters.length; at += length)
    pieces.push(characters.slice(at, at + length).join(''))
  return pieces
}

/** The answer cut to `maxTokens`, told as `length`, where it is longer; output limits bind reasoning too. */
export function limited(answer: SimAnswer, maxTokens: number): SimAnswer {
  if (answer.usage.outputTokens <= maxTokens) return answer
  const blocks: SimBlock[] = []
  let left = maxTokens
  for (const block of answer.blocks) {
    if (block.kind === 'tool') left -= tokensOf(block.name)
    const pieces: string[] = []
    for (const piece of block.pieces) {
      left -= tokensOf(piece)
      if (left < 0) break
      pieces.push(piece)
    }
    if (pieces.length > 0) blocks.push({ ...block, pieces })
    if (left < 0) break
  }
  return { blocks, finish: 'length', usage: billOf(answer.usage.inputTokens, blocks) }
}
