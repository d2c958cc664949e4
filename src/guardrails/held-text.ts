/** One text of an answer on its way: what may still become a finding is held back, what was found is replaced. */

import { type Finding, findAll, merged, replaceFindings } from '../detectors/finding.ts'
import { type PlacedFinding, readJson, readPlain, type Reading } from '../detectors/json-text.ts'
import { blockedBy, type Decisions } from './decisions.ts'
import type { Placeholders } from './placeholders.ts'
import type { SpanRule } from './rule.ts'

export interface HeldTextParts {
  readonly spans: readonly SpanRule[]
  readonly decisions: Decisions
  readonly placeholders: Placeholders
  /** Reasoning is looked at and left as it is: its provider has signed it. */
  readonly isChanged: boolean
  readonly isJson: boolean
}

/** However long something that was found may be, no more of a stream is held back. */
const maxHeld = 4_096

export class HeldText {
  readonly #parts: HeldTextParts
  /** What may still be part of a finding. */
  #held = ''
  /** The last unit before it, as it reads, and whether that is within a string of JSON. */
  #before = ''
  #isWithin = false
  /** Of a finding that was cut off at what could be held: it goes on until this, and so does what is left out. */
  #until: string | undefined
  /** What may still be part of a placeholder. */
  #heldName = ''

  constructor(parts: HeldTextParts) {
    this.#parts = parts
  }

  /** What of it may go on, now that this has come. Throws `guardrail_blocked`. */
  take(text: string): string {
    const { spans } = this.#parts
    if (spans.length === 0) return this.#restore(text)
    this.#held += text
    this.#leaveOut()
    if (this.#until !== undefined) return ''
    const reading = this.#read()
    const { known } = reading
    const open = Math.min(known, ...spans.map((rule) => rule.openFrom(reading.text)))
    return this.#release(reading, Math.max(open, reading.text.length - maxHeld), false)
  }

  /** The rest, at the end. Throws `guardrail_blocked`. */
  finish(): string {
    if (this.#until !== undefined) this.#held = ''
    const reading = this.#read()
    const rest = this.#parts.spans.length === 0 ? '' : this.#release(reading, reading.text.length, true)
    const name = this.#heldName
    this.#heldName = ''
    return rest + name
  }

  #read(): Reading {
    return this.#parts.isJson ? readJson(this.#held, this.#isWithin) : readPlain(this.#held)
  }

  /** Passes on what is held up to this place of the reading, or up to the beginning of what was found across it. */
  #release(reading: Reading, end: number, isLast: boolean): string {
    const offset = this.#before.length
    const text = this.#before + reading.text
    // What stands behind the place decides with: a number that goes on is another number.
    const found = this.#parts.spans.map((rule) => ({
      rule,
      findings: findAll(text, rule.detectors, offset).map((finding) =>
        reading.clipped(moved(finding, offset)),
      ),
    }))
    const spans = found.flatMap(({ findings }) => findings)
    const isFull = reading.text.length > maxHeld
    const place = isLast ? reading.text.length : placeBefore(spans, end, isFull, reading.text)
    if (place <= 0) return ''
    const replaced = found.flatMap(({ rule, findings }) =>
      this.#act(
        rule,
        findings.filter((finding) => finding.end <= place).map((finding) => reading.place(finding)),
      ),
    )
    const held = this.#held
    const released = held.slice(0, reading.placeOf(place))
    this.#held = held.slice(released.length)
    this.#before = text.slice(0, offset + place).slice(-1)
    this.#isWithin = reading.isWithinAt(place)
    this.#until = isLast ? undefined : replaced.find(({ until }) => until !== undefined)?.until
    if (!this.#parts.isChanged) return released
    return this.#restore(replaceFindings(released, merged(replaced), replacement))
  }

  /** Notes what a rule has found, and gives what is to be replaced. */
  #act(rule: SpanRule, findings: readonly PlacedFinding[]): readonly PlacedFinding[] {
    const isRedacting = rule.action === 'redact'
    if (findings.length === 0 || (isRedacting && !this.#parts.isChanged)) return []
    const kinds = findings.map(({ kind }) => kind)
    this.#parts.decisions.note(rule, 'output', rule.action, kinds)
    if (rule.action === 'block') throw blockedBy(rule, 'output')
    return isRedacting ? findings : []
  }

  /** Of what goes on behind a finding that was cut off, only what might be its end is kept. */
  #leaveOut(): void {
    const until = this.#until
    if (until === undefined) return
    const held = this.#held
    const close = held.indexOf(until)
    const quote = this.#parts.isJson ? held.indexOf('"') : -1
    if (quote >= 0 && (close < 0 || quote < close)) this.#held = held.slice(quote)
    else if (close >= 0) this.#held = held.slice(close + until.length)
    else this.#held = held.slice(Math.max(0, held.length - until.length + 1))
    if (quote >= 0 || close >= 0) this.#until = undefined
  }

  #restore(text: string): string {
    const { placeholders, isChanged, isJson } = this.#parts
    if (placeholders.isEmpty || !isChanged) return text
    const whole = this.#heldName + text
    const open = placeholders.openFrom(whole)
    this.#heldName = whole.slice(open)
    return placeholders.restore(whole.slice(0, open), isJson)
  }
}

function replacement({ kind, isBare }: PlacedFinding): string {
  return isBare ? `"[${kind}]"` : `[${kind}]`
}

function moved(finding: Finding, offset: number): Finding {
  const { start, end, since } = finding
  const place = { start: start - offset, end: end - offset }
  return { ...finding, ...place, ...(since !== undefined && { since: since - offset }) }
}

interface Span {
  readonly start: number
  readonly end: number
  readonly since?: number
  readonly until?: string
}

/**
 * This place, or the beginning of what was found across it: but where too much is held, the end of that. Findings may
 * overlap, so that another one lies across the place of the first; one that was cut off goes on behind the text.
 */
function placeBefore(found: readonly Span[], place: number, isFull: boolean, text: string): number {
  let at = place
  for (;;) {
    const across = found.filter(
      ({ start, since = start, end, until }) =>
        since < at && (end > at || (until !== undefined && end === at && !isFull)),
    )
    if (across.length === 0) break
    at = isFull
      ? Math.max(...across.map(({ end }) => end))
      : Math.min(...across.map(({ start, since = start }) => since))
  }
  const isWithinPair = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(at - 1, at + 1))
  return at > 0 && isWithinPair ? at - 1 : at
}
