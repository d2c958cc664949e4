/** Looks at an answer on its way to the client: finds, redacts or ends it, and puts back what was taken out of the prompt. */

import type { AnswerCheck, ContractOutcome } from '../core/contract.ts'
import { GatewayError } from '../core/error.ts'
import type { BlockStart, GenEvent } from '../core/event.ts'
import { findAll, type Finding, replaceFindings } from '../detectors/finding.ts'
import { blockedBy, type Decisions } from './decisions.ts'
import type { Placeholders } from './placeholders.ts'
import { askAll } from './remote.ts'
import type { SpanRule, StageRules } from './rule.ts'

export interface OutputGuardParts {
  readonly rules: StageRules
  readonly decisions: Decisions
  readonly placeholders: Placeholders
  /** The text of the answer is JSON. */
  readonly isJson: boolean
  /** What holds the answer to a schema: it sees the answer first. */
  readonly inner: AnswerCheck | undefined
}

/** However long something that was found may be, no more of a stream is held back. */
const maxHeld = 4_096
/** Of an answer, those who decide elsewhere are told at most this much. */
const maxAsked = 100_000

/** A block on its way. */
interface OpenBlock {
  /** Reasoning is looked at and left as it is: its provider has signed it. */
  readonly isChanged: boolean
  readonly isJson: boolean
  /** What may still be part of a finding; before it, the last unit that has been passed on. */
  held: string
  before: string
  /** What may still be part of a placeholder. */
  heldName: string
}

export class OutputGuard implements AnswerCheck {
  isUntouched = true
  readonly #parts: OutputGuardParts
  readonly #blocks = new Map<number, OpenBlock>()
  readonly #isRedacting: boolean
  #length = 0
  #asked = ''
  #isOver = false

  constructor(parts: OutputGuardParts) {
    this.#parts = parts
    this.#isRedacting = parts.rules.spans.some(({ action }) => action === 'redact')
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
    const { inner, rules, decisions } = this.#parts
    const last = inner ? this.#passAll(await inner.end()) : []
    if (inner?.isUntouched === false) this.isUntouched = false
    if (this.#isOver || rules.remotes.length === 0) return last
    try {
      await askAll(rules.remotes, this.#asked, 'output', decisions)
      return last
    } catch (error) {
      return [this.#failed(toGatewayError(error))]
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
      case 'block-start': {
        const block = this.#open(event)
        if (block) this.#blocks.set(event.block, block)
        break
      }
      case 'block-delta': {
        const block = this.#blocks.get(event.block)
        if (!block) break
        const text = this.#take(block, event.text)
        if (text !== event.text) this.isUntouched = false
        if (text !== '') passed.push(text === event.text ? event : { ...event, text })
        return
      }
      case 'block-end': {
        const block = this.#blocks.get(event.block)
        this.#blocks.delete(event.block)
        const text = block ? this.#finish(block) : ''
        if (text !== '') passed.push({ type: 'block-delta', block: event.block, text })
        break
      }
      case 'logprobs':
        // They spell the answer out, token by token.
        if (!this.#isRedacting) break
        this.isUntouched = false
        return
      case 'start':
      case 'annotation':
      case 'usage':
      case 'finish':
      case 'fail':
      case 'native':
        break
    }
    passed.push(event)
  }

  #open(event: BlockStart): OpenBlock | undefined {
    const { kind } = event
    if (kind === 'media' || kind === 'native') return undefined
    const isArguments = kind === 'tool' && event.freeform !== true
    return {
      isChanged: kind !== 'reasoning',
      isJson: isArguments || (kind === 'text' && this.#parts.isJson),
      held: '',
      before: '',
      heldName: '',
    }
  }

  /** What of the block may go on, now that this has come. */
  #take(block: OpenBlock, text: string): string {
    const { rules } = this.#parts
    this.#measure(text.length)
    if (rules.remotes.length > 0 && this.#asked.length < maxAsked) this.#asked += text
    if (rules.spans.length === 0) return this.#restore(block, text)
    block.held += text
    const { held } = block
    const open = Math.min(...rules.spans.map((rule) => rule.openFrom(held)))
    return this.#release(block, Math.max(open, held.length - maxHeld))
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

  #finish(block: OpenBlock): string {
    const rest = this.#parts.rules.spans.length === 0 ? '' : this.#release(block, block.held.length)
    const name = block.heldName
    block.heldName = ''
    return rest + name
  }

  /** Passes on what is held up to this place, or up to the beginning of what was found across it. */
  #release(block: OpenBlock, end: number): string {
    const text = block.before + block.held
    const offset = block.before.length
    // What stands behind the place decides with: a number that goes on is another number.
    const found = this.#parts.rules.spans.map((rule) => ({
      rule,
      findings: findAll(text, rule.detectors, offset),
    }))
    const all = found.flatMap(({ findings }) => findings)
    const place = end === block.held.length ? text.length : placeBefore(all, end + offset, text.length)
    if (place <= offset) return ''
    const replaced = found.flatMap(({ rule, findings }) =>
      this.#act(
        rule,
        findings.filter((finding) => finding.end <= place),
        block,
      ),
    )
    const released = text.slice(0, place)
    block.before = released.slice(-1)
    block.held = text.slice(place)
    if (!block.isChanged) return released.slice(offset)
    const merged = findAll(released, [{ kind: '', find: () => replaced }])
    const redacted = replaceFindings(released, merged, ({ kind }) => `[${kind}]`)
    return this.#restore(block, redacted.slice(offset))
  }

  /** Notes what a rule has found, and gives what is to be replaced. */
  #act(rule: SpanRule, findings: readonly Finding[], { isChanged }: OpenBlock): readonly Finding[] {
    const isRedacting = rule.action === 'redact'
    if (findings.length === 0 || (isRedacting && !isChanged)) return []
    const kinds = findings.map(({ kind }) => kind)
    this.#parts.decisions.note(rule, 'output', rule.action, kinds)
    if (rule.action === 'block') throw blockedBy(rule, 'output')
    return isRedacting ? findings : []
  }

  #restore(block: OpenBlock, text: string): string {
    const { placeholders } = this.#parts
    if (placeholders.isEmpty || !block.isChanged) return text
    const whole = block.heldName + text
    const open = placeholders.openFrom(whole)
    block.heldName = whole.slice(open)
    return placeholders.restore(whole.slice(0, open), block.isJson)
  }
}

/**
 * This place, or the beginning of what was found across it: but where too much is held, the end of that. Findings may
 * overlap, so that another one lies across the place of the first.
 */
function placeBefore(found: readonly Finding[], place: number, length: number): number {
  for (let at = place; ;) {
    const across = found.filter(({ start, end }) => start < at && end > at)
    if (across.length === 0) return at
    at =
      length > maxHeld
        ? Math.max(...across.map(({ end }) => end))
        : Math.min(...across.map(({ start }) => start))
  }
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'An answer could not be looked at.', { cause: error })
}
