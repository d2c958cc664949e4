/** Reasoning in answers and messages: plain text, and the list of details that carries its proofs. */

import type { Signature } from '../../core/event.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../core/json.ts'
import { openSignature, sealSignature } from '../../core/signature.ts'

const dialect = 'openai-chat'

/**
 * One entry of `reasoning_details`, the form of OpenRouter, Snowflake and others. `text` is absent where the
 * entry only brings the proof of text that came before.
 */
export interface ReasoningDetail {
  readonly text?: string
  readonly summary?: true
  readonly redacted?: true
  readonly signature?: Signature
  readonly index?: number
}

/** The text of `reasoning_content` (DeepSeek and most others) or `reasoning` (Groq, OpenRouter, Ollama). */
export function plainReasoning(message: JsonObject): string {
  return asString(message['reasoning_content']) || asString(message['reasoning']) || ''
}

/** The known entries; `isSealed` where a client sends back what may be another dialect's signature. */
export function reasoningDetails(message: JsonObject, isSealed = false): ReasoningDetail[] {
  return asArray(message['reasoning_details']).flatMap((value) => {
    const entry = asObject(value)
    const detail = entry === undefined ? undefined : detailOf(entry, isSealed)
    return detail ?? []
  })
}

function detailOf(entry: JsonObject, isSealed: boolean): ReasoningDetail | undefined {
  const index = asNumber(entry['index'])
  const at = index === undefined ? {} : { index }
  switch (entry['type']) {
    case 'reasoning.text': {
      const { text: _text, ...proof } = entry
      const text = asString(entry['text'])
      return {
        ...at,
        ...(text === undefined ? {} : { text }),
        ...signed(entry['signature'], proof, isSealed),
      }
    }
    case 'reasoning.summary':
      return { ...at, text: asString(entry['summary']) ?? '', summary: true }
    case 'reasoning.encrypted':
      return { ...at, redacted: true, ...signed(entry['data'], entry, isSealed) }
    default:
      return undefined
  }
}

/** The provider wants the whole entry back, so the whole entry without its text is the signature. */
function signed(slot: Json | undefined, proof: JsonObject, isSealed: boolean): { signature?: Signature } {
  const value = asString(slot)
  if (value === undefined || value === '') return {}
  const signature = isSealed ? openSignature(value, dialect) : undefined
  if (signature !== undefined && signature.dialect !== dialect) return { signature }
  return { signature: { dialect, value: JSON.stringify(proof) } }
}

/**
 * The entry that proves a block of reasoning, in which the signatures of other dialects travel through the
 * client. The text is repeated in it: a proof holds only for the text that it was made for.
 */
export function detailToWire(
  block: { readonly text: string; readonly summary?: true; readonly redacted?: true },
  signature: Signature | undefined,
  index: number,
): JsonObject[] {
  if (signature?.dialect === dialect) {
    const proof = asObject(parseJson(signature.value)) ?? {}
    const isText = proof['type'] === 'reasoning.text' && block.text !== ''
    return [isText ? { ...proof, text: block.text } : proof]
  }
  const sealed = signature === undefined ? undefined : sealSignature(signature, dialect)
  if (block.redacted === true) {
    return sealed === undefined ? [] : [{ type: 'reasoning.encrypted', data: sealed, index }]
  }
  if (block.summary !== true) {
    const proof = sealed === undefined ? {} : { signature: sealed }
    return [{ type: 'reasoning.text', text: block.text, ...proof, index }]
  }
  // A summary has no slot for a signature: as with OpenAI's models at OpenRouter, a second entry holds it.
  const summary = { type: 'reasoning.summary', summary: block.text, index }
  return sealed === undefined ? [summary] : [summary, { type: 'reasoning.encrypted', data: sealed, index }]
}
