/** What a request asks of a synthetic model, in words that are of no dialect. */

import { asArray, asObject, asString, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { tokensOf } from './answer.ts'
import { isSigned } from './signature.ts'

export interface OfferedTool {
  readonly name: string
  /** JSON Schema of the arguments; absent for a tool without any. */
  readonly schema?: JsonObject
}

export interface Prompt {
  readonly lastUserText: string
  readonly inputTokens: number
  readonly tools: readonly OfferedTool[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string }
  /** The conversation ends in the result of a tool. */
  readonly endsInToolResult: boolean
  /** The answer must be JSON; with a schema, an instance of it. */
  readonly format?: { readonly schema?: JsonObject }
  readonly maxOutputTokens?: number
  readonly choices: number
  readonly signatures: SignatureCount
}

/** Reasoning signatures that the client gave back: as they were issued, or changed on the way. */
export interface SignatureCount {
  readonly valid: number
  readonly broken: number
}

/** A media part costs this much, whatever it shows. */
const mediaTokens = 256

/** Gathers a prompt turn by turn; each dialect's reader feeds it. */
export class PromptReader {
  #inputTokens = 0
  #lastUserText = ''
  #endsInToolResult = false
  #valid = 0
  #broken = 0
  #toldSchema: JsonObject | undefined

  /** A text that the model reads and that is of no turn: instructions, a tool's description. */
  text(text: string): void {
    this.#inputTokens += tokensOf(text)
    this.#toldSchema = schemaIn(text) ?? this.#toldSchema
  }

  user(text: string): void {
    this.text(text)
    // A turn that only brings media or the results of tools has no text of the user's.
    if (text !== '') this.#lastUserText = text
    this.#endsInToolResult = false
  }

  assistant(text: string): void {
    this.text(text)
    this.#endsInToolResult = false
  }

  toolResult(text: string): void {
    this.text(text)
    this.#endsInToolResult = true
  }

  media(): void {
    this.#inputTokens += mediaTokens
  }

  /** A reasoning signature that came back; with `reasoning`, the text that it must belong to. */
  signature(signature: string, reasoning?: string): void {
    if (isSigned(signature, reasoning)) this.#valid++
    else this.#broken++
  }

  tool(tool: OfferedTool): OfferedTool {
    this.text(tool.name)
    this.text(JSON.stringify(tool.schema ?? {}))
    return tool
  }

  prompt(rest: Omit<Prompt, 'lastUserText' | 'inputTokens' | 'endsInToolResult' | 'signatures'>): Prompt {
    // A schema that is told in words says more than one that had to be fitted to the dialect.
    const told = rest.tools.length === 0 ? this.#toldSchema : undefined
    return {
      ...rest,
      ...(told && { format: { schema: told } }),
      lastUserText: this.#lastUserText,
      inputTokens: Math.max(1, this.#inputTokens),
      endsInToolResult: this.#endsInToolResult,
      signatures: { valid: this.#valid, broken: this.#broken },
    }
  }
}

/** The schema that a prompt tells on a line of its own. */
function schemaIn(text: string): JsonObject | undefined {
  const at = text.lastIndexOf('JSON Schema:\n')
  if (at < 0) return undefined
  const [line = ''] = text.slice(at + 'JSON Schema:\n'.length).split('\n')
  return asObject(parseJson(line))
}

/** The text of a content that may be a string or a list of parts with a `text`; media parts are counted. */
export function contentText(content: Json | undefined, reader: PromptReader): string {
  if (typeof content === 'string') return content
  const texts: string[] = []
  for (const value of asArray(content)) {
    const part = asObject(value)
    if (part === undefined) continue
    const text = asString(part['text'])
    if (text !== undefined) texts.push(text)
    else if (typeof part['type'] === 'string' && /image|audio|video|file|document/.test(part['type']))
      reader.media()
  }
  return texts.join('')
}
