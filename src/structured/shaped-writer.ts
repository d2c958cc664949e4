/** Writes out what a scanner reads, as far as it fits the schema: judges each name and value, and leaves out what may be. */

import type { Findings } from './findings.ts'
import { HeldOutput } from './held-output.ts'
import { type ContainerKind, Nesting } from './nesting.ts'
import { type JsonKind, kindOf, Place } from './shape.ts'
import type { StringReader } from './string-reader.ts'

/** A number, boolean or null as JSON writes it. */
export const scalarPattern = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/

/**
 * What is given out is certain to be a part of a valid answer as far as it can be known, so that a member's name waits
 * for the beginning of its value.
 */
export class ShapedWriter {
  readonly #findings: Findings
  readonly #showsText: boolean
  readonly #nesting: Nesting
  readonly #output = new HeldOutput()
  /** Of the value that is being read. */
  #place = Place.anything()
  /** The beginning of the string that is being read has been given out. */
  #isShowing = false
  /** The string that is being read stands for another scalar. */
  #isMeantOtherwise = false

  /** `showsText`: the text of a string is given out as it grows, not when it is whole. */
  constructor(root: Place, findings: Findings, showsText: boolean) {
    this.#findings = findings
    this.#showsText = showsText
    this.#nesting = new Nesting(root)
  }

  /** What is open, if anything. */
  get innermost(): ContainerKind | undefined {
    return this.#nesting.innermost
  }

  /** Something has been given out. */
  get hasReleased(): boolean {
    return this.#output.hasReleased
  }

  /** What may be shown since the last time. */
  take(): string {
    return this.#output.take()
  }

  // -- between values

  space(character: string): void {
    if (!this.#nesting.holdsSpace(character)) this.#write(character)
  }

  comma(): void {
    this.#nesting.addComma()
  }

  colon(): void {
    this.#nesting.addColon()
  }

  /** `written`: the name as JSON writes it. */
  beginMember(name: string, written: string): void {
    const nesting = this.#nesting
    nesting.beginMember(name, written)
    if (nesting.allowsMember()) return
    if (this.#findings.repair === 'shape') {
      this.#findings.mends.add('extra')
      nesting.mute()
      return
    }
    const path = nesting.pathOfContainer()
    this.#findings.breakShape(`${path}: must NOT have additional properties (\`${name}\`)`)
  }

  // -- objects and arrays

  /** A value of whatever kind begins. */
  beginValue(): void {
    this.#place = this.#nesting.beginValue()
  }

  open(kind: ContainerKind): void {
    const place = this.#place
    if (!this.#expect(kind)) return
    const lead = this.#nesting.takeLead()
    if (!this.#nesting.isMuted) this.#output.hold(lead + (kind === 'object' ? '{' : '['))
    this.#nesting.open(kind, place.as(kind))
  }

  close(kind: ContainerKind): void {
    const nesting = this.#nesting
    if (nesting.innermost !== kind) {
      this.#findings.breakSyntax('a bracket does not match')
      return
    }
    if (nesting.endsInComma) {
      if (!this.#findings.mendsSyntax('comma', 'a comma stands before the end')) return
      this.#write(nesting.dropComma())
    }
    const missing = nesting.missingMember()
    if (missing !== undefined) {
      const path = nesting.pathOfContainer()
      this.#findings.breakShape(`${path}: must have required property '${missing}'`)
      return
    }
    nesting.close()
    this.#emit(kind === 'object' ? '}' : ']')
    nesting.endValue()
  }

  /** The text ends within what is open. A name without a value and a scalar that was cut in two are left out. */
  closeAll(): void {
    this.#findings.mends.add('cut')
    if (this.#isShowing) {
      this.#findings.breakSyntax('the JSON ends within a text')
      return
    }
    this.#nesting.cut()
    for (let kind = this.innermost; kind && !this.#findings.isBroken; kind = this.innermost) this.close(kind)
  }

  // -- strings

  beginText(): void {
    this.#isMeantOtherwise = false
    const place = this.#place
    if (this.#nesting.isMuted || place.allows('string')) return
    const mayMeanOther = place.allows('number') || place.allows('boolean') || place.allows('null')
    if (this.#findings.repair === 'shape' && mayMeanOther) this.#isMeantOtherwise = true
    else this.#expect('string')
  }

  /** More of the string has been read. */
  growText(text: StringReader): void {
    if (this.#nesting.isMuted || this.#isMeantOtherwise) return
    if (this.#expectText(text.decoded, false) && this.#showsText) this.#show(text)
  }

  endText(text: StringReader): void {
    if (this.#nesting.isMuted) {
      this.#nesting.endValue()
    } else if (this.#isMeantOtherwise) {
      this.#asMeant(text.decoded.trim())
    } else if (this.#expectText(text.decoded, true)) {
      this.#show(text)
      this.#isShowing = false
      this.#nesting.endValue()
    }
  }

  #show(text: StringReader): void {
    if (!this.#isShowing) {
      this.#output.hold(this.#nesting.takeLead())
      this.#isShowing = true
    }
    this.#emit(text.takeWritten())
  }

  /** `"42"` where only a number may stand. */
  #asMeant(text: string): void {
    if (!scalarPattern.test(text)) {
      this.#expect('string')
      return
    }
    this.#findings.mends.add('scalar')
    this.scalar(text)
  }

  // -- numbers, booleans, null

  /** `text`: one of `scalarPattern`. */
  scalar(text: string): void {
    const place = this.#place
    const value = JSON.parse(text) as number | boolean | null
    if (!this.#nesting.isMuted) {
      if (value === null && !place.allows('null') && this.#nesting.mayBeAbsent()) {
        this.#findings.mends.add('absent')
        this.#nesting.leaveOut()
      } else {
        if (!this.#expect(kindOf(value)) || !this.#expectScalar(value)) return
        this.#output.hold(this.#nesting.takeLead())
        this.#emit(text)
      }
    }
    this.#nesting.endValue()
  }

  // -- what may stand here, and the output

  /** False, and broken, where the kind cannot stand here. */
  #expect(kind: JsonKind): boolean {
    return this.#place.allows(kind) || this.#refuse(`must not be of type ${kind}`)
  }

  #expectText(text: string, isWhole: boolean): boolean {
    return this.#place.allowsText(text, isWhole) || this.#refuse('must be equal to one of the allowed values')
  }

  #expectScalar(value: number | boolean | null): boolean {
    return this.#place.allowsScalar(value) || this.#refuse('must be an integer, or one of the allowed values')
  }

  #refuse(fault: string): false {
    this.#findings.breakShape(`${this.#nesting.pathOfValue()}: ${fault}`)
    return false
  }

  #write(text: string): void {
    if (!this.#nesting.isMuted) this.#output.space(text, this.innermost !== undefined)
  }

  #emit(text: string): void {
    if (!this.#nesting.isMuted) this.#output.show(text)
  }
}
