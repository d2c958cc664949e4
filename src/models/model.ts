/** What is known of a model: its limits, what it can do, what it costs, and when it ends. */

import type { PriceTable } from './price.ts'

export type Modality = 'text' | 'image' | 'audio' | 'video' | 'document' | 'embedding' | 'ranking'

/** How a model's reasoning is steered: by effort, by a token budget, on and off, or not at all (`fixed`: it always reasons). */
export type ReasoningControl = 'effort' | 'budget' | 'toggle' | 'fixed'

/** What a model can do beside text. True or false is known; an absent member is not known. */
export interface Capabilities {
  readonly tools?: boolean
  readonly parallelTools?: boolean
  readonly structuredOutput?: boolean
  readonly citations?: boolean
  readonly reasoning?: false | ReasoningControl
}

export interface ModelInfo {
  readonly provider: string
  readonly id: string
  /** In tokens: prompt and answer together. */
  readonly contextWindow?: number
  readonly maxOutputTokens?: number
  /** Absent: not known. */
  readonly inputModalities?: readonly Modality[]
  readonly outputModalities?: readonly Modality[]
  readonly capabilities: Capabilities
  /** Absent: not known. A price of 0 is a price. */
  readonly price?: PriceTable
  /** The day, UTC, on which the price was known to be right. Absent where the configuration sets it. */
  readonly priceDate?: string
  /** The catalogue's name of the model that the price is for, where an alias or a snapshot is priced by it. */
  readonly pricedAs?: string
  /** From then on the provider refuses it. */
  readonly retiresAtMs?: number
  readonly successor?: string
}
