/** Looks at an answer on its way to the client: finds, redacts or ends it, and puts back what was taken out of the prompt. */

import type { AnswerCheck, ContractOutcome } from '../core/contract.ts'
import { GatewayError } from '../core/error.ts'
import type { BlockStart, GenEvent } from '../core/event.ts'
import type { Json } from '../core/json.ts'
import { blockedBy, type Decisions } from './decisions.ts'
import { HeldText } from './held-text.ts'
import type { Placeholders } from './placeholders.ts'
import { askAll } from './remote.ts'
import { rewriteJson } from './request-texts.ts'
import type { StageRules } from './rule.ts'

export interface OutputGuardParts {
  readonly rules: StageRules
  readonly decisions: Decisions
  readonly placeholders: Placeholders
  /** The text of the answer is JSON. */
  readonly isJson: boolean
  /** What holds the answer to a schema: it sees the answer first. */
  readonly inner: AnswerCheck | undefined
}

/** Those who decide elsewhere are told an answer in pieces of this length. */
const maxAsked = 100_000

export class OutputGuard implements AnswerCheck {
  /** Nothing passes unread where something might have had to be refused or changed. */
  isUntouched: boolean
  readonly #parts: OutputGuardParts
  readonly #blocks = new Map<number, HeldText>()
  /** Some rule ends or changes what it finds. */
  readonly #isActing: boolean
  #length = 0
  #asked = ''
  #isOver = false

  constructor(parts: OutputGuardParts) {
    this.#parts = parts
    this.#isActing = parts.rules.spans.some(({ action }) => action !== 'flag')
    this.isUntouched = !this.#isActing
  }

  get isHolding(): boolean {
    return this.#parts.rules.remotes.length > 0 || this.#parts.inner?.isHolding === true
  }

  get outcome(): ContractOutcome | undefined {
    return this.#parts.inner?.outcome
  }

  push(event: GenEvent): readonly GenEvent[] {
    const { inner } = this.#parts
    const events = this.#passAll(inner ? inner.push(event) : [event])
    if (inner?.isUntouched === false) this.isUntouched = false
    return events
  }

  async end(): Promise<readonly GenEvent[]> {
    const { inner, rules } = this.#parts
    const last = inner ? this.#passAll(await inner.end()) : []
    if (inner?.isUntouched === false) this.isUntouched = false
    if (this.#isOver || rules.remotes.length === 0) return last
    try {
      await this.#askOthers()
      return last
    } catch (error) {
      return [this.#failed(toGatewayError(error))]
    }
  }

  async #askOthers(): Promise<void> {
    const { rules, decisions } = this.#parts
    for (let at = 0; at < this.#asked.length; at += maxAsked) {
      await askAll(rules.remotes, this.#asked.slice(at, at + maxAsked), 'output', decisions)
    }
  }

  #passAll(events: readonly GenEvent[]): GenEvent[] {
    const passed: GenEvent[] = []
    for (const event of events) {
      if (this.#isOver) break
      try {
        this.#pass(event, passed)
      } catch (error) {
        passed.push(this.#failed(toGatewayError(error)))
      }
    }
    return passed
  }

  #failed(error: GatewayError): GenEvent {
    this.#isOver = true
    this.isUntouched = false
    return { type: 'fail', error }
  }

  #pass(event: GenEvent, passed: GenEvent[]): void {
    switch (event.type) {
      case 'block-start':
        passed.push(this.#open(event))
        return
      case 'block-delta': {
        const text = this.#take(event.block, event.text)
        if (text !== event.text) this.isUntouched = false
        if (text !== '') passed.push(text === event.text ? event : { ...event, text })
        return
      }
      case 'block-end': {
        const text = this.#blocks.get(event.block)?.finish() ?? ''
        this.#blocks.delete(event.block)
        if (text !== '') passed.push({ type: 'block-delta', block: event.block, text })
        passed.push(event)
        return
      }
      case 'annotation':
      case 'native':
        passed.push(this.#rewritten(event))
        return
      case 'logprobs':
        // They spell the answer out, token by token, before it is known what is in it.
        if (!this.#isActing) passed.push(event)
        return
      case 'finish': {
        const { stopSequence } = event
        const { placeholders } = this.#parts
        const isRestored = stopSequence !== undefined && !placeholders.isEmpty
        passed.push(
          isRestored ? { ...event, stopSequence: placeholders.restore(stopSequence, false) } : event,
        )
        return
      }
      case 'start':
      case 'usage':
      case 'fail':
        passed.push(event)
    }
  }

  #open(event: BlockStart): BlockStart {
    const { kind } = event
    if (kind === 'media') return event
    const isArguments = kind === 'native' || (kind === 'tool' && event.freeform !== true)
    const isJson = isArguments || (kind === 'text' && this.#parts.isJson)
    this.#blocks.set(event.block, this.#heldText({ isChanged: kind !== 'reasoning', isJson }))
    return kind === 'native' ? this.#rewritten(event) : event
  }

  #heldText(form: { readonly isChanged: boolean; readonly isJson: boolean }): HeldText {
    const { rules, decisions, placeholders } = this.#parts
    return new HeldText({ ...form, decisions, placeholders, spans: rules.spans })
  }

  /** With every text in its value as the client may have it. */
  #rewritten<Event extends GenEvent & { readonly value: unknown }>(event: Event): Event {
    const value = rewriteJson(event.value as Json, (text, isJson) => {
      const held = this.#heldText({ isChanged: true, isJson })
      const taken = held.take(text)
      return taken + held.finish()
    })
    if (value === event.value) return event
    this.isUntouched = false
    return { ...event, value }
  }

  /** What of the block may go on, now that this has come. */
  #take(block: number, text: string): string {
    const held = this.#blocks.get(block)
    if (!held) return text
    this.#measure(text.length)
    if (this.#parts.rules.remotes.length > 0) this.#asked += text
    return held.take(text)
  }

  #measure(length: number): void {
    const before = this.#length
    this.#length += length
    for (const rule of this.#parts.rules.sizes) {
      if (before > rule.maxCharacters || this.#length <= rule.maxCharacters) continue
      this.#parts.decisions.note(rule, 'output', rule.action, ['characters'])
      if (rule.action === 'block') throw blockedBy(rule, 'output')
    }
  }
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'An answer could not be looked at.', { cause: error })
}
