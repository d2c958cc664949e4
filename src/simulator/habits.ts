/** How providers of one dialect differ on the wire, one row each. */

/** Differences that were recorded; the first path segment of a request chooses the row. */
export interface Habits {
  /** Chat streams: usage in a chunk of its own when asked for, or always in the last chunk that has choices. */
  readonly chatUsage: 'own-chunk' | 'last-chunk' | 'x-groq'
  /** `usage: null` in each chunk before the one with the usage. */
  readonly chatNullUsage: boolean
  /** Where a chat answer shows its reasoning. */
  readonly chatReasoning: 'hidden' | 'reasoning_content' | 'reasoning' | 'content-parts'
  /** All tool calls of an answer in one delta, whole, beside the finish reason. */
  readonly chatToolsAtOnce: boolean
  /** Random padding against the reading of token lengths from packet sizes. */
  readonly padding: boolean
  /** Comments before the first event. */
  readonly comments: readonly string[]
  readonly errorStyle: 'openai' | 'mistral'
  /** A client that leaves pays the whole answer all the same. */
  readonly billsWhenCancelled: boolean
}

const compatible: Habits = {
  chatUsage: 'own-chunk',
  chatNullUsage: false,
  chatReasoning: 'reasoning_content',
  chatToolsAtOnce: false,
  padding: false,
  comments: [],
  errorStyle: 'openai',
  billsWhenCancelled: false,
}

const rows: ReadonlyMap<string, Partial<Habits>> = new Map(
  Object.entries({
    openai: { chatNullUsage: true, chatReasoning: 'hidden', padding: true },
    azure: { chatNullUsage: true, chatReasoning: 'hidden' },
    deepseek: { chatUsage: 'last-chunk', chatNullUsage: true },
    qwen: { chatNullUsage: true },
    mistral: {
      chatUsage: 'last-chunk',
      chatReasoning: 'content-parts',
      chatToolsAtOnce: true,
      errorStyle: 'mistral',
      billsWhenCancelled: true,
    },
    groq: { chatUsage: 'x-groq', chatReasoning: 'reasoning', billsWhenCancelled: true },
    openrouter: { chatReasoning: 'reasoning', comments: ['OPENROUTER PROCESSING'] },
    gemini: { billsWhenCancelled: true },
  } satisfies Record<string, Partial<Habits>>),
)

/** The habits of a provider; one without a row is plainly compatible. */
export function habitsOf(provider: string): Habits {
  return { ...compatible, ...rows.get(provider) }
}
