/** Which entries of the price list and of the model listing describe each type of provider. */

export interface Source {
  /** Providers of the price list, in the order in which they are asked. */
  readonly priced?: readonly string[]
  /** Providers of the price list whose models this one resells at the same price; asked last, not listed. */
  readonly pricedAlike?: readonly string[]
  /** Our types whose models this one serves under the same names: their limits hold where its own are not listed. */
  readonly listedAlike?: readonly string[]
  /** Beginning of the names in the price list which this provider does not serve. */
  readonly without?: string
}

/** By provider type. The listing is keyed by our types already. */
export const sources: Readonly<Record<string, Source>> = {
  openai: { priced: ['openai'] },
  anthropic: { priced: ['anthropic'] },
  gemini: { priced: ['google'], without: 'claude-' },
  vertex: { priced: ['google'], pricedAlike: ['anthropic'], listedAlike: ['gemini', 'anthropic'] },
  azure: {
    priced: ['azure'],
    pricedAlike: ['openai', 'anthropic', 'deepseek', 'x-ai', 'moonshotai'],
    listedAlike: ['openai', 'anthropic', 'deepseek', 'xai', 'mistral'],
  },
  bedrock: { priced: ['aws'] },
  deepseek: { priced: ['deepseek'] },
  qwen: {},
  mistral: { priced: ['mistral'] },
  openrouter: { priced: ['openrouter'] },
  xai: { priced: ['x-ai'] },
  groq: { priced: ['groq'] },
  cohere: { priced: ['cohere'] },
  together: { priced: ['together', 'huggingface_together'] },
  fireworks: { priced: ['fireworks', 'huggingface_fireworks-ai'] },
  perplexity: { priced: ['perplexity'] },
  cerebras: { priced: ['cerebras'] },
  moonshot: { priced: ['moonshotai'] },
  zai: { priced: ['zai', 'zhipuai'] },
  minimax: { priced: ['minimax'] },
  sambanova: { priced: ['huggingface_sambanova'] },
  nebius: { priced: ['huggingface_nebius'] },
  novita: { priced: ['novita', 'huggingface_novita'] },
  hyperbolic: { priced: ['huggingface_hyperbolic'] },
  baseten: { priced: ['baseten'] },
  voyage: { priced: ['voyageai'] },
  sim: {},
}
