/** What a model is told in words: the schema, the rules beyond it, and what was wrong with its last answer. */

import type { Breach } from '../core/breach.ts'
import type { JsonObject } from '../core/json.ts'
import type { OutputFormat, Part, Turn } from '../core/request.ts'

export type SchemaFormat = Extract<OutputFormat, { readonly type: 'json-schema' }>

/** The whole schema in words, for a target that is not held to it. */
export function schemaInWords({ schema, name, description }: SchemaFormat): string {
  const what = name === undefined ? '' : ` named ${name}`
  const meant = description === undefined ? '' : ` (${description})`
  return (
    `Answer with one JSON value alone${what}${meant}: no text around it, no code fence. ` +
    `It must be valid against this JSON Schema:\n${JSON.stringify(schema)}`
  )
}

/** Puts the words at the end of the system prompt, so that what stood before them stays the same prefix. */
export function withInstructions(turns: readonly Turn[], words: string): Turn[] {
  let leading = 0
  while (turns[leading]?.role === 'system' || turns[leading]?.role === 'developer') leading++
  if (leading === 0) return [{ role: 'system', parts: [{ type: 'text', text: words }] }, ...turns]
  const last = turns[leading - 1]!
  return [
    ...turns.slice(0, leading - 1),
    { ...last, parts: joined(last.parts, words) },
    ...turns.slice(leading),
  ]
}

/** A prompt of one text stays one text: some templates take nothing else. */
function joined(parts: readonly Part[], words: string): Part[] {
  const last = parts.at(-1)
  if (last?.type !== 'text') return [...parts, { type: 'text', text: words }]
  return [...parts.slice(0, -1), { ...last, text: `${last.text}\n\n${words}` }]
}

/** The conversation, gone on with the answer that did not satisfy and what was wrong with it. */
export function withCorrection(turns: readonly Turn[], { text, faults }: Breach): Turn[] {
  const words =
    `This answer does not satisfy the schema:\n${faults.map((fault) => `- ${fault}`).join('\n')}\n` +
    'Answer again with the corrected JSON alone.'
  const answered: Turn[] = text.trim() === '' ? [] : [{ role: 'assistant', parts: [{ type: 'text', text }] }]
  return [...turns, ...answered, { role: 'user', parts: [{ type: 'text', text: words }] }]
}

/** An object schema can be the arguments of a tool. */
export function isToolSchema(schema: JsonObject): boolean {
  return schema['type'] === 'object'
}
