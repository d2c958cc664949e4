/** The members of an answer that only its provider knows, gathered from all chunks into one partial body. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'

type Members = Record<string, Json>

interface ChoiceExtras {
  readonly choice: Members
  readonly message: Members
}

const bodyFields = new Set([
  'id',
  'object',
  'created',
  'model',
  'system_fingerprint',
  'service_tier',
  'choices',
  'usage',
  'error',
  // Padding against the guessing of tokens by the size of packets: OpenAI's and Mistral's.
  'obfuscation',
  'p',
])
const choiceFields = new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs'])
const messageFields = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'annotations',
  'images',
])

/** Gathers unknown members. A null tells nothing and is left out. */
export class Extras {
  readonly #body: Members = Object.create(null) as Members
  readonly #choices = new Map<number, ChoiceExtras>()

  /** Some providers repeat such members on every chunk, growing: the last value is the whole. */
  addBody(chunk: JsonObject): void {
    for (const name in chunk) if (!bodyFields.has(name)) put(this.#body, name, chunk[name])
  }

  addChoice(index: number, choice: JsonObject): void {
    for (const name in choice) {
      if (!choiceFields.has(name)) put(this.#of(index).choice, name, choice[name])
    }
  }

  /** Members of a delta are pieces: they add up. */
  addDelta(index: number, delta: JsonObject): void {
    for (const name in delta) {
      if (messageFields.has(name)) continue
      const { message } = this.#of(index)
      const earlier = message[name]
      put(message, name, earlier === undefined ? delta[name] : joined(earlier, delta[name], name))
    }
  }

  /** All of it as a body that has only these members; undefined when there are none. */
  toBody(): JsonObject | undefined {
    const choices = [...this.#choices]
      .toSorted(([a], [b]) => a - b)
      .map(([index, { choice, message }]) => ({
        index,
        ...choice,
        ...(Object.keys(message).length > 0 ? { message } : {}),
      }))
      .filter((choice) => Object.keys(choice).length > 1)
    if (choices.length === 0 && Object.keys(this.#body).length === 0) return undefined
    return { ...this.#body, ...(choices.length > 0 ? { choices } : {}) }
  }

  #of(index: number): ChoiceExtras {
    let extras = this.#choices.get(index)
    if (extras === undefined) {
      extras = { choice: Object.create(null) as Members, message: Object.create(null) as Members }
      this.#choices.set(index, extras)
    }
    return extras
  }
}

function put(into: Members, name: string, value: Json | undefined): void {
  if (value === undefined || value === null) return
  const earlier = into[name]
  into[name] = isObject(earlier) && isObject(value) ? { ...earlier, ...value } : value
}

/** The pieces of spoken answers are texts in `audio`; lists go on, their entries told apart by `index`. */
function joined(earlier: Json, later: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(earlier) && Array.isArray(later)) return joinedLists(earlier as readonly Json[], later)
  if (name !== 'audio' || !isObject(earlier) || !isObject(later)) return later
  const audio: Record<string, Json | undefined> = { ...earlier, ...later }
  for (const text of ['data', 'transcript']) {
    const [a, b] = [earlier[text], later[text]]
    if (typeof a === 'string') audio[text] = typeof b === 'string' ? a + b : a
  }
  return audio
}

function joinedLists(earlier: readonly Json[], later: readonly Json[]): Json {
  const list = [...earlier]
  for (const entry of later) {
    const index = isObject(entry) ? entry['index'] : undefined
    const at =
      index === undefined ? -1 : list.findIndex((other) => isObject(other) && other['index'] === index)
    if (at < 0) list.push(entry)
    else list[at] = { ...(list[at] as JsonObject), ...(entry as JsonObject) }
  }
  return list
}

/** A partial body of this kind, taken apart for an encoder. */
export interface ExtrasParts {
  readonly body: JsonObject
  choiceOf(index: number): JsonObject
  messageOf(index: number): JsonObject
  readonly indexes: readonly number[]
}

export function extrasParts(value: Json): ExtrasParts {
  const { choices, ...body } = isObject(value) ? value : ({} as JsonObject)
  const byIndex = new Map<number, JsonObject>()
  for (const choice of Array.isArray(choices) ? (choices as readonly Json[]) : []) {
    if (isObject(choice)) byIndex.set(choice['index'] as number, choice)
  }
  return {
    body,
    indexes: [...byIndex.keys()],
    choiceOf: (index) => {
      const { index: _index, message: _message, ...choice } = byIndex.get(index) ?? ({} as JsonObject)
      return choice
    },
    messageOf: (index) => {
      const message = byIndex.get(index)?.['message']
      return isObject(message) ? message : {}
    },
  }
}
