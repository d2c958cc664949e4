/** The ways in which a provider can be made to answer by a schema, as its row or the configuration says. */

import type { DialectId } from '../core/event.ts'
import type { SchemaSubsetName } from './schema-subsets.ts'

/** What of it a provider offers. */
export interface StructuredOffer {
  /** Decoding constrained by a schema, in this part of JSON Schema. */
  readonly schema?: SchemaSubsetName
  /** A mode in which it writes JSON of any shape. */
  readonly json?: true
  /** A tool can be forced by its name. */
  readonly forcedTool?: true
}

const everything: StructuredOffer = { schema: 'whole', json: true, forcedTool: true }

/**
 * Of a provider whose row says nothing, by the first dialect that it speaks: it is asked for all that this has words
 * for, and what it refuses is asked in another way.
 */
export const defaultOffers: Readonly<Record<DialectId, StructuredOffer>> = {
  'openai-chat': everything,
  'openai-responses': everything,
  gemini: everything,
  'anthropic-messages': { schema: 'whole', forcedTool: true },
  'bedrock-converse': { schema: 'whole', forcedTool: true },
  'cohere-chat': { schema: 'whole', json: true },
  'ollama-chat': { schema: 'whole', json: true },
  'openai-completions': {},
}

/** What the configuration may say of a provider in place of its row. */
export const offersByName = {
  native: { schema: 'whole', json: true, forcedTool: true },
  tool: { forcedTool: true },
  json: { json: true },
  instructions: {},
} as const satisfies Record<string, StructuredOffer>
