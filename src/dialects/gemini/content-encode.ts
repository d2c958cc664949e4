/** Canonical turns as Gemini's `contents` and `systemInstruction`. */

import type { Signature } from '../../core/event.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import { defined, isObject, type JsonObject } from '../../core/json.ts'
import type { Part, Turn } from '../../core/request.ts'
import { mediaPart } from './media.ts'
import { argumentsObject, isDerivedCallId } from './wire.ts'

type PartOf<T extends Part['type']> = Extract<Part, { readonly type: T }>

// Google's documented way to pass a call that no Gemini model made (ai.google.dev/gemini-api/docs/thought-signatures):
// models from Gemini 3 on refuse an unsigned first call of a step.
const foreignCallSignature = 'skip_thought_signature_validator'

/** Encodes the turns of one request, and lists in `dropped` what Gemini cannot carry. */
export class ContentEncoder {
  readonly #turns: readonly Turn[]
  readonly #isForeign: boolean
  readonly #dropped: string[]
  readonly #droppedPaths = new Set<string>()
  readonly #toolNames = new Map<string, string>()

  /** `isForeign`: the request came in another dialect, so an unsigned call is not known to be a Gemini model's. */
  constructor(turns: readonly Turn[], isForeign: boolean, dropped: string[]) {
    this.#turns = turns
    this.#isForeign = isForeign
    this.#dropped = dropped
    for (const part of turns.flatMap((turn) => turn.parts)) {
      if (part.type === 'tool-call') this.#toolNames.set(part.callId, part.name)
    }
  }

  /** All system and developer turns, gathered: Gemini has one instruction for the whole conversation. */
  systemInstruction(): JsonObject | undefined {
    const parts = this.#turns.flatMap((turn, at) => (isSystem(turn) ? this.#parts(turn, at) : []))
    return parts.length > 0 ? { parts } : undefined
  }

  /** Adjacent turns of one wire role are one content: results of parallel calls must stand together. */
  contents(): JsonObject[] {
    const contents: { role: string; parts: JsonObject[] }[] = []
    for (const [at, turn] of this.#turns.entries()) {
      if (isSystem(turn)) continue
      const role = turn.role === 'assistant' ? 'model' : 'user'
      const parts = this.#parts(turn, at)
      const last = contents.at(-1)
      if (last?.role === role) for (const part of parts) last.parts.push(part)
      else if (parts.length > 0) contents.push({ role, parts })
    }
    if (this.#isForeign) for (const content of contents) signFirstCall(content.parts)
    return contents
  }

  #parts(turn: Turn, at: number): JsonObject[] {
    const path = `turns[${at}]`
    if (turn.name !== undefined) this.#drop(`${path}.name`)
    return turn.parts.map((part) => this.#part(part, path)).filter((part) => part !== undefined)
  }

  #part(part: Part, path: string): JsonObject | undefined {
    switch (part.type) {
      case 'text':
        if (part.citations && part.citations.length > 0) this.#drop(`${path}.citations`)
        return { text: part.text, ...this.#signed(part.signature, path) }
      case 'refusal':
        return { text: part.text }
      case 'reasoning':
        if (part.text === '' && part.signature?.dialect !== 'gemini') {
          this.#drop(`${path}.reasoning`)
          return undefined
        }
        return { text: part.text, thought: true, ...this.#signed(part.signature, path) }
      case 'media':
        return this.#media(part, path)
      case 'tool-call': {
        const id = isDerivedCallId(part.callId) ? undefined : part.callId
        const args = argumentsObject(part.arguments, part.freeform === true)
        const functionCall = defined({ id, name: part.name, args })
        return { functionCall, ...this.#signed(part.signature, path) }
      }
      case 'tool-result':
        return this.#result(part, path)
      case 'native':
        if (part.dialect === 'gemini' && isObject(part.value)) return part.value
        this.#drop(`${path}.native`)
        return undefined
    }
  }

  #signed(signature: Signature | undefined, path: string): JsonObject {
    if (signature === undefined) return {}
    if (signature.dialect === 'gemini') return { thoughtSignature: signature.value }
    this.#drop(`${path}.signature`)
    return {}
  }

  #media(part: PartOf<'media'>, path: string): JsonObject {
    if (part.detail !== undefined && part.detail !== 'auto') this.#drop(`${path}.detail`)
    if (part.title !== undefined) this.#drop(`${path}.title`)
    const own = part.native?.dialect === 'gemini' ? part.native.fields : {}
    return { ...mediaPart(part.source, part.filename), ...own }
  }

  #result(part: PartOf<'tool-result'>, path: string): JsonObject {
    const texts: string[] = []
    const parts: JsonObject[] = []
    for (const item of part.content) {
      if (item.type === 'text') texts.push(item.text)
      else if (item.type === 'media' && item.source.at === 'text') texts.push(item.source.text)
      else if (item.type === 'media') parts.push(this.#media(item, path))
      else this.#drop(`${path}.${item.type}`)
    }
    const functionResponse = defined({
      id: isDerivedCallId(part.callId) ? undefined : part.callId,
      name: part.name ?? this.#toolNames.get(part.callId) ?? part.callId,
      response: responseObject(texts.join('\n'), part.isError === true),
      parts: parts.length > 0 ? parts : undefined,
    })
    return { functionResponse }
  }

  #drop(path: string): void {
    if (!this.#droppedPaths.has(path)) this.#dropped.push(path)
    this.#droppedPaths.add(path)
  }
}

function isSystem(turn: Turn): boolean {
  return turn.role === 'system' || turn.role === 'developer'
}

/** A result's text as an object: JSON text of an object is that object, other text is wrapped as Google advises. */
function responseObject(text: string, isError: boolean): JsonObject {
  if (isError) return { error: text }
  const parsed = parseBounded(text)
  return isObject(parsed) ? parsed : { output: text }
}

function signFirstCall(parts: JsonObject[]): void {
  const first = parts.findIndex((part) => part['functionCall'] !== undefined)
  const part = parts[first]
  if (part && part['thoughtSignature'] === undefined) {
    parts[first] = { ...part, thoughtSignature: foreignCallSignature }
  }
}
