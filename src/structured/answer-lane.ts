/** The answer of one choice: read as it comes, given to the client as far as it is certain, settled at its end. */

import type { Breach } from '../core/breach.ts'
import type { ContractMode } from '../core/contract.ts'
import type { GenEvent } from '../core/event.ts'
import type { Json } from '../core/json.ts'
import type { CompiledSchema } from '../schema/checker.ts'
import type { RepairLevel } from './findings.ts'
import { maxToldText, settleText } from './ladder.ts'
import type { Mend } from './mend.ts'
import { JsonScanner } from './scanner.ts'

export interface LaneTerms {
  /** What the text of the answer must be. Absent: whatever it is. */
  readonly text?: {
    readonly mode: ContractMode
    readonly compiled: CompiledSchema
    /** The model may call tools in place of an answer. A call of none that was offered is no answer. */
    readonly mayCall: boolean
  }
  readonly repair: RepairLevel
  /** Nothing is sent before the whole answer is known to be valid. */
  readonly holds: boolean
}

/** What the client has been given, over all choices. */
export interface Given {
  blocks: number
  hasText: boolean
}

/** Longer answers cannot be held to a schema. */
const maxTextLength = 8 * 1024 * 1024

export class AnswerLane {
  readonly #choice: number
  readonly #terms: LaneTerms
  readonly #given: Given
  /** Of the answer as it came: text, or the arguments of the call that stands for it. */
  #raw = ''
  /** Text beside a call that stands for the answer: the answer itself, where no call comes. */
  #aside = ''
  #scanner: JsonScanner | undefined
  /** What was given out of it. */
  #shown = ''
  /** The number of the block that the client sees it in. */
  #block: number | undefined
  /** What is told beside its text before the block has opened. */
  #beside: GenEvent[] = []
  #mends: readonly Mend[] = []
  #breach: Breach | undefined

  /** A call that stands for the answer has come. */
  hasCall = false
  /** The client's own tools were called, or the model has only paused: the text is what it is. */
  isFree = false
  isRefused = false
  isCutByLimit = false

  constructor(choice: number, terms: LaneTerms, given: Given) {
    this.#choice = choice
    this.#terms = terms
    this.#given = given
  }

  /** Why this is no answer, as soon as that is certain: the rest of it is of no interest then. */
  get breach(): Breach | undefined {
    return this.#breach
  }

  /** Known when it has settled. */
  get mends(): readonly Mend[] {
    return this.#mends
  }

  /** The model does something else than answer: what it has said before is no JSON, and is not judged. */
  free(): readonly GenEvent[] {
    if (this.isFree || this.#terms.text === undefined) return []
    this.isFree = true
    return this.#giveRest(this.#raw + this.#aside)
  }

  /** More of the answer has come; gives what the client may see of it now. */
  read(text: string, isCall: boolean): readonly GenEvent[] {
    const { text: wanted, repair, holds } = this.#terms
    if (wanted!.mode === 'tool' && !isCall) {
      this.#aside += text
      return []
    }
    this.#raw += text
    if (this.#raw.length > maxTextLength) {
      this.#breach = { kind: 'unchecked', faults: ['the answer is too long'], text: '' }
      return []
    }
    if (this.isFree) return this.#show(text)
    if (holds) return []
    this.#scanner ??= new JsonScanner({ schema: wanted!.compiled.schema, repair, showsText: true })
    return this.#scan(this.#scanner, text)
  }

  #scan(scanner: JsonScanner, text: string): readonly GenEvent[] {
    if (scanner.fault !== undefined) return []
    const ready = scanner.push(text)
    const { fault } = scanner
    // Bad writing may be read another way at the end, as long as the client has seen nothing of it.
    if (fault === undefined || (scanner.isSyntaxFault && !scanner.hasReleased)) return this.#show(ready)
    this.#breach = { kind: 'invalid', faults: [fault], text: this.#toldText }
    return []
  }

  /** Something that belongs to the text waits until the client has the block it is told of. */
  tell(event: GenEvent & { type: 'annotation' | 'logprobs' }): readonly GenEvent[] {
    if (this.#block !== undefined) return [{ ...event, block: this.#block }]
    this.#beside.push(event)
    return []
  }

  /** The answer is over: gives the rest of it, or knows its breach. */
  async settle(): Promise<readonly GenEvent[]> {
    const { text, repair } = this.#terms
    if (text === undefined) return []
    const raw = this.hasCall ? this.#raw : this.#raw + this.#aside
    if (this.isFree || this.isRefused) return this.#giveRest(raw)
    if (this.#shown !== '') return this.#settleShown(this.#scanner!, text.compiled)
    const { isCutByLimit } = this
    const settled = await settleText(raw, { compiled: text.compiled, repair, isCutByLimit })
    if (!settled.isValid) {
      this.#breach = settled.breach
      return []
    }
    this.#mends = settled.mends
    return this.#giveRest(settled.text)
  }

  /** The beginning has been sent: only what goes on from it can be the answer. */
  async #settleShown(scanner: JsonScanner, compiled: CompiledSchema): Promise<readonly GenEvent[]> {
    const whole = this.#shown + scanner.end(true)
    const text = this.#toldText
    const kind = this.isCutByLimit ? 'length' : 'invalid'
    if (scanner.fault !== undefined) {
      this.#breach = { kind, faults: [scanner.fault], text }
      return []
    }
    const faults = await compiled.check(JSON.parse(whole) as Json, whole)
    if (faults === undefined) this.#breach = { kind: 'unchecked', faults: ['the check took too long'], text }
    else if (faults.length > 0) this.#breach = { kind, faults, text }
    if (this.#breach) return []
    this.#mends = [...scanner.mends]
    return this.#giveRest(whole)
  }

  get #toldText(): string {
    return this.#raw.slice(0, maxToldText)
  }

  /** The client has a beginning of `whole`, and gets what is missing. */
  #giveRest(whole: string): readonly GenEvent[] {
    const events = this.#show(whole.slice(this.#shown.length))
    if (this.#block === undefined) return events
    const end: GenEvent = { type: 'block-end', block: this.#block }
    this.#block = undefined
    return [...events, end]
  }

  /** More of the text that the client sees. */
  #show(text: string): readonly GenEvent[] {
    if (text === '') return []
    const events: GenEvent[] = []
    if (this.#block === undefined) {
      this.#block = this.#given.blocks++
      events.push({ type: 'block-start', block: this.#block, choice: this.#choice, kind: 'text' })
    }
    const block = this.#block
    this.#shown += text
    this.#given.hasText = true
    events.push({ type: 'block-delta', block, text })
    events.push(...this.#beside.splice(0).map((event) => ({ ...event, block }) as GenEvent))
    return events
  }
}
