/** How providers of one dialect differ on the wire, one row each. */

/** Differences that were recorded; the first path segment of a request chooses the row. */
export interface Habits {
  /** Chat streams: usage in a chunk of its own when asked for, or always in the last chunk that has choices. */
  readonly chatUsage: 'own-chunk' | 'last-chunk' | 'x-groq'
  /** `usage: null` in each chunk before the one with the usage. */
  readonly chatNullUsage: boolean
  /** Where a chat answer shows its reasoning. */
  readonly chatReasoning: 'hidden' | 'reasoning_content' | 'reasoning' | 'content-parts'
  /** Tool calls in pieces; each whole in a delta of its own; or all at once beside the finish reason. */
  readonly chatTools: 'pieces' | 'whole' | 'with-finish'
  /** Members of the usage details. */
  readonly chatPromptDetails: readonly string[]
  readonly chatCompletionDetails: readonly string[]
  /** Usage also tells the prompt's tokens as cache hits and misses. */
  readonly chatCacheCounts: boolean
  /** A refusal stands in a field of its own, not in the content. */
  readonly chatRefusals: boolean
  readonly chatFingerprint: boolean
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
  chatTools: 'pieces',
  chatPromptDetails: ['cached_tokens'],
  chatCompletionDetails: ['reasoning_tokens'],
  chatCacheCounts: false,
  chatRefusals: false,
  chatFingerprint: false,
  padding: false,
  comments: [],
  errorStyle: 'openai',
  billsWhenCancelled: false,
}

const openAi = {
  chatNullUsage: true,
  chatReasoning: 'hidden',
  chatPromptDetails: ['cached_tokens', 'audio_tokens'],
  chatCompletionDetails: [
    'reasoning_tokens',
    'audio_tokens',
    'accepted_prediction_tokens',
    'rejected_prediction_tokens',
  ],
  chatRefusals: true,
  chatFingerprint: true,
} as const

const rows: ReadonlyMap<string, Partial<Habits>> = new Map(
  Object.entries({
    openai: { ...openAi, padding: true },
    azure: openAi,
    deepseek: { chatUsage: 'last-chunk', chatNullUsage: true, chatCacheCounts: true, chatFingerprint: true },
    qwen: { chatNullUsage: true },
    mistral: {
      chatUsage: 'last-chunk',
      chatReasoning: 'content-parts',
      chatTools: 'with-finish',
      chatCompletionDetails: [],
      errorStyle: 'mistral',
      billsWhenCancelled: true,
    },
    groq: {
      chatUsage: 'x-groq',
      chatReasoning: 'reasoning',
      chatTools: 'whole',
      chatFingerprint: true,
      chatPromptDetails: [],
      billsWhenCancelled: true,
    },
    openrouter: { chatReasoning: 'reasoning', comments: ['OPENROUTER PROCESSING'] },
    gemini: { billsWhenCancelled: true },
    bedrock: { billsWhenCancelled: true },
    cohere: { billsWhenCancelled: true },
  } satisfies Record<string, Partial<Habits>>),
)

/** The habits of a provider; one without a row is plainly compatible. */
export function habitsOf(provider: string): Habits {
  return { ...compatible, ...rows.get(provider) }
}
