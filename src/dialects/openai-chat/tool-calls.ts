/** Tells the tool calls of one choice apart, however their pieces are labelled. */

import { asNumber, asObject, asString, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { Lifecycle, ToolKind } from '../lifecycle.ts'

const dialect = 'openai-chat'
const callFields = new Set(['index', 'id', 'type', 'function', 'custom'])

interface Call {
  readonly key: string
  callId: string
  name: string
  isStarted: boolean
  readonly isFreeform: boolean
  /** Input that came before the name. */
  held: string
  readonly native: JsonObject | undefined
}

/**
 * Reads the `tool_calls` of a choice's deltas. A piece belongs to the call with its index, or, where providers
 * send none or always the same, to the call with its id; one that names neither goes on with the last call.
 */
export class ToolCalls {
  readonly #choice: number
  readonly #blocks: Lifecycle
  readonly #calls: Call[] = []
  readonly #byIndex = new Map<number, Call>()

  constructor(choice: number, blocks: Lifecycle) {
    this.#choice = choice
    this.#blocks = blocks
  }

  /**
   * One entry of `tool_calls`. In a whole answer each entry is a call of its own. `answerId` makes an id for a
   * call that has none. False when the entry adds to a call that was complete.
   */
  take(piece: JsonObject, answerId: string, isWhole: boolean): boolean {
    const isFreeform = piece['type'] === 'custom' || (!piece['function'] && piece['custom'] !== undefined)
    const body = asObject(isFreeform ? piece['custom'] : piece['function']) ?? {}
    const id = asString(piece['id']) ?? ''
    const name = asString(body['name']) ?? ''
    const call =
      (isWhole ? undefined : this.#find(piece, id, name)) ?? this.#open(piece, id, answerId, isFreeform)
    if (call.name === '') call.name = name
    return this.#append(call, inputText(body[isFreeform ? 'input' : 'arguments']))
  }

  /** A legacy `function_call`, of which a message has one. */
  takeLegacy(body: JsonObject, answerId: string): boolean {
    const name = asString(body['name']) ?? ''
    const text = inputText(body['arguments'])
    const call =
      this.#calls[0] ??
      (name === '' && text === '' ? undefined : this.#open(legacyPiece, '', answerId, false))
    if (call === undefined) return true
    if (call.name === '') call.name = name
    return this.#append(call, text)
  }

  /** Shows the calls whose name never came: better a call without a name than a lost one. */
  end(): void {
    for (const call of this.#calls) this.#start(call)
  }

  #find(piece: JsonObject, id: string, name: string): Call | undefined {
    const index = asNumber(piece['index'])
    if (index !== undefined) {
      const call = this.#byIndex.get(index)
      // One index for all calls: another id with a name begins another call.
      return call !== undefined && id !== '' && name !== '' && call.callId !== id
        ? this.#calls.find((other) => other.callId === id)
        : call
    }
    if (id !== '') return this.#calls.find((call) => call.callId === id)
    return name === '' ? this.#calls.at(-1) : undefined
  }

  #open(piece: JsonObject, id: string, answerId: string, isFreeform: boolean): Call {
    const n = this.#calls.length
    const call: Call = {
      key: String(n),
      callId: id === '' ? `call_${answerId === '' ? '' : `${answerId}_`}${this.#choice}_${n}` : id,
      name: '',
      isStarted: false,
      isFreeform,
      held: '',
      native: unknownFields(piece, callFields),
    }
    this.#calls.push(call)
    const index = asNumber(piece['index'])
    if (index !== undefined) this.#byIndex.set(index, call)
    return call
  }

  #append(call: Call, text: string): boolean {
    if (!call.isStarted && call.name === '') {
      call.held += text
      return true
    }
    this.#start(call)
    return this.#blocks.appendTool(this.#choice, call.key, text)
  }

  #start(call: Call): void {
    if (call.isStarted) return
    call.isStarted = true
    const { callId, name } = call
    const kind: ToolKind = {
      kind: 'tool',
      callId,
      name,
      ...(call.isFreeform ? { freeform: true } : {}),
      ...(call.native === undefined ? {} : { native: { dialect, fields: call.native } }),
    }
    this.#blocks.startTool(this.#choice, call.key, kind)
    this.#blocks.appendTool(this.#choice, call.key, call.held)
  }
}

/** The mark by which the encoders know a call that must go out as `function_call` again. */
export const legacyMark = 'function_call'
const legacyPiece: JsonObject = { [legacyMark]: true }

/** Some providers send the arguments parsed. */
function inputText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
