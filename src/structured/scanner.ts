/** Reads JSON as it grows: finds it in what stands around, mends what can only be meant one way, and holds it to a shape. */

import type { JsonObject } from '../core/json.ts'
import { HeldOutput } from './held-output.ts'
import type { Mend } from './mend.ts'
import { type JsonKind, kindOf, Place } from './shape.ts'
import { StringReader } from './string-reader.ts'

export interface ScanOptions {
  readonly schema: JsonObject
  /** `none`: the text must be JSON as it is. `syntax`: how it is written is mended. `shape`: also what can be told apart. */
  readonly repair: 'none' | 'syntax' | 'shape'
  /** Give the text of a string out as it grows, not when it is whole. */
  readonly showsText: boolean
}

interface Frame {
  readonly kind: 'object' | 'array'
  readonly place: Place
  readonly names: Set<string>
  /** The member that is being read, or was read last. */
  name: string | undefined
  /** Members or elements that were written. */
  count: number
  /** Of an array. */
  read: number
  /** A comma has come, and nothing after it yet; with the white space behind it. */
  comma: string | undefined
}

/** What may come next. */
type State = 'before' | 'value' | 'key' | 'colon' | 'after' | 'string' | 'word' | 'comment' | 'end' | 'broken'

/**
 * Text goes in, JSON text comes out: only what is certain to be a part of a valid answer as far as it can be known,
 * so that a member's name waits for the beginning of its value. Linear; nothing is parsed twice.
 */
export class JsonScanner {
  readonly mends = new Set<Mend>()
  readonly #options: ScanOptions
  readonly #root: Place
  #state: State = 'before'
  #frames: Frame[] = []
  #length = 0
  #endedAt: number | undefined
  #fault: string | undefined
  #isSyntaxFault = false

  readonly #output = new HeldOutput()
  /** The beginning of the string that is being read has been given out. */
  #isShowing = false

  /** The name of the member that is being read, as it is written, and what stands behind it. */
  #lead = ''
  /** Of the value that is being read. */
  #place = Place.anything()
  /** Depth below a member that is left out. */
  #muted = 0

  readonly #string = new StringReader({
    mends: (mend, fault) => this.#mends(mend, fault),
    break: (fault) => this.#break(fault, true),
  })
  /** The word or comment that is being read. */
  #token = ''
  #isKey = false
  /** A string that stands for another scalar. */
  #isMeantOtherwise = false
  #commentEnd = ''
  #resume: State = 'value'

  constructor(options: ScanOptions) {
    this.#options = options
    this.#root = Place.ofRoot(options.schema)
  }

  /** How many characters had come when the value was whole. */
  get endedAt(): number | undefined {
    return this.#endedAt
  }

  /** Why this can never become a valid answer. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** The fault is one of writing, which another reading of the whole text may mend. */
  get isSyntaxFault(): boolean {
    return this.#isSyntaxFault
  }

  /** Something has been given out. */
  get hasReleased(): boolean {
    return this.#output.hasReleased
  }

  /** Reads on, and gives what may be shown now. */
  push(text: string): string {
    for (let at = 0; at < text.length && this.#state !== 'broken'; at++) {
      at = this.#take(text, at)
      if (this.#state === 'end') this.#endedAt ??= this.#length + at + 1
    }
    this.#length += text.length
    return this.#output.take()
  }

  /** The text is over. `mayClose`: what is open may be closed, without what was cut in two. */
  end(mayClose: boolean): string {
    // Within an object a number that nothing ends may have been cut.
    if (this.#state === 'word' && this.#frames.length === 0) this.#endWord()
    if (this.#state !== 'end' && this.#state !== 'broken') {
      if (mayClose && this.#frames.length > 0 && this.#options.repair !== 'none') this.#close()
      else this.#break('the JSON is not complete', true)
    }
    return this.#output.take()
  }

  // -- characters

  /** Gives the place of the last character that was taken. */
  #take(text: string, at: number): number {
    const character = text[at]!
    switch (this.#state) {
      case 'before':
        this.#seek(character)
        return at
      case 'string':
        return this.#takeString(text, at)
      case 'word':
        if (/[\w.+-]/.test(character)) this.#token += character
        else {
          this.#endWord()
          return at - 1
        }
        return at
      case 'comment':
        this.#takeComment(character)
        return at
      case 'end':
        if (/\S/.test(character)) this.#around()
        return at
      case 'value':
      case 'key':
      case 'colon':
      case 'after':
        this.#takeStructure(character)
        return at
      case 'broken':
        return at
    }
  }

  /** Before the first value: an object or array is looked for behind whatever stands before it. */
  #seek(character: string): void {
    if (/\s|\uFEFF/.test(character)) return
    const mayOpen =
      (character === '{' && this.#root.allows('object')) || (character === '[' && this.#root.allows('array'))
    const isContainerOnly = !(['string', 'number', 'boolean', 'null'] as const).some((kind) =>
      this.#root.allows(kind),
    )
    if (mayOpen || !isContainerOnly) {
      this.#state = 'value'
      this.#takeStructure(character)
    } else this.#around()
  }

  #around(): void {
    if (this.#options.repair === 'none') this.#break('text stands around the JSON', true)
    else this.mends.add('around')
  }

  #takeStructure(character: string): void {
    if (/\s/.test(character)) {
      this.#space(character)
      return
    }
    if (character === '/') {
      this.#beginComment()
      return
    }
    switch (this.#state) {
      case 'value':
        this.#beginValue(character)
        break
      case 'key':
        this.#beginKey(character)
        break
      case 'colon':
        if (character === ':') {
          this.#lead += ':'
          this.#state = 'value'
        } else this.#break('a colon is missing', true)
        break
      default:
        this.#afterValue(character)
    }
  }

  #space(character: string): void {
    const frame = this.#frames.at(-1)
    if (this.#lead !== '') this.#lead += character
    else if (frame?.comma !== undefined) frame.comma += character
    else this.#write(character)
  }

  #beginComment(): void {
    if (!this.#mends('comment', 'a comment stands in the JSON')) return
    this.#resume = this.#state
    this.#token = ''
    this.#commentEnd = ''
    this.#state = 'comment'
  }

  /** The character after the slash says how the comment ends. */
  #takeComment(character: string): void {
    if (this.#commentEnd === '') {
      if (character === '/') this.#commentEnd = '\n'
      else if (character === '*') this.#commentEnd = '*/'
      else this.#break('`/` stands in the JSON', true)
      return
    }
    this.#token = (this.#token + character).slice(-2)
    if (!this.#token.endsWith(this.#commentEnd)) return
    this.#token = ''
    this.#state = this.#resume
  }

  // -- members and elements

  #beginKey(character: string): void {
    if (character === '}') {
      this.#closeContainer('object')
    } else if (character === '"' || character === "'") this.#beginString(character, true)
    else if (/[A-Za-z_$]/.test(character) && this.#options.repair !== 'none') {
      this.mends.add('quotes')
      this.#isKey = true
      this.#token = character
      this.#state = 'word'
    } else this.#break(`\`${character}\` stands where a name should`, true)
  }

  #keyRead(name: string, written: string): void {
    const frame = this.#frames.at(-1)!
    frame.name = name
    this.#lead = written
    this.#state = 'colon'
    if (this.#muted > 0 || frame.place.allowsMember(name)) return
    if (this.#options.repair === 'shape') {
      this.mends.add('extra')
      this.#muted = this.#frames.length
    } else this.#break(`${this.#path(-1)}: must NOT have additional properties (\`${name}\`)`)
  }

  #beginValue(character: string): void {
    if (character === ']' && this.#frames.at(-1)?.kind === 'array') {
      this.#closeContainer('array')
      return
    }
    this.#place = this.#placeOfNext()
    if (this.#muted > 0) this.#frames.at(-1)!.comma = undefined
    if (character === '{') this.#open('object')
    else if (character === '[') this.#open('array')
    else if (character === '"' || character === "'") this.#beginString(character, false)
    else if (/[\w+.-]/.test(character)) {
      this.#isKey = false
      this.#token = character
      this.#state = 'word'
    } else this.#break(`\`${character}\` stands where a value should`, true)
  }

  #afterValue(character: string): void {
    const frame = this.#frames.at(-1)!
    if (character === ',') {
      frame.comma = ''
      this.#state = frame.kind === 'object' ? 'key' : 'value'
    } else if (character === '}' || character === ']') {
      this.#closeContainer(character === '}' ? 'object' : 'array')
    } else this.#break(`\`${character}\` stands behind a value`, true)
  }

  /** The place of the value that begins now. */
  #placeOfNext(): Place {
    const frame = this.#frames.at(-1)
    if (this.#muted > 0) return Place.anything()
    if (frame === undefined) return this.#root
    return frame.kind === 'object' ? frame.place.member(frame.name!) : frame.place.element(frame.read)
  }

  #open(kind: 'object' | 'array'): void {
    const place = this.#place
    if (!this.#expect(kind)) return
    this.#lead += kind === 'object' ? '{' : '['
    const whole = this.#takeLead()
    if (this.#muted === 0) this.#output.hold(whole)
    this.#frames.push({
      kind,
      place: place.as(kind),
      names: new Set(),
      name: undefined,
      count: 0,
      read: 0,
      comma: undefined,
    })
    this.#state = kind === 'object' ? 'key' : 'value'
  }

  #closeContainer(kind: 'object' | 'array'): void {
    const frame = this.#frames.at(-1)!
    if (frame.kind !== kind) {
      this.#break('a bracket does not match', true)
      return
    }
    if (frame.comma !== undefined) this.#trailingComma(frame)
    if (this.#state === 'broken') return
    const missing = this.#muted > 0 ? undefined : frame.place.missing(frame.names)
    if (kind === 'object' && missing !== undefined) {
      this.#break(`${this.#path(-1)}: must have required property '${missing}'`)
      return
    }
    this.#frames.pop()
    this.#emit(kind === 'object' ? '}' : ']')
    this.#valueRead()
  }

  #trailingComma(frame: Frame): void {
    if (this.#options.repair === 'none') {
      this.#break('a comma stands before the end', true)
      return
    }
    this.mends.add('comma')
    this.#write(frame.comma!)
    frame.comma = undefined
  }

  /** What stands before a value: the comma, the member's name. */
  #takeLead(): string {
    const frame = this.#frames.at(-1)
    const lead = this.#lead
    this.#lead = ''
    if (frame === undefined || this.#muted > 0) return lead
    const comma = frame.count > 0 ? ',' : ''
    const space = frame.comma ?? ''
    frame.comma = undefined
    frame.count++
    if (frame.kind === 'object') frame.names.add(frame.name!)
    return comma + space + lead
  }

  #valueRead(): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) {
      this.#state = 'end'
      return
    }
    if (this.#muted === this.#frames.length) {
      this.#muted = 0
      this.#lead = ''
      frame.comma = undefined
    }
    frame.read++
    this.#state = 'after'
  }

  // -- strings

  #beginString(quote: string, isKey: boolean): void {
    if (quote === "'" && !this.#mends('quotes', 'a string has single quotes')) return
    this.#string.begin(quote)
    this.#isKey = isKey
    this.#isMeantOtherwise = false
    this.#state = 'string'
    if (isKey || this.#muted > 0) return
    const place = this.#place
    if (!place.allows('string')) {
      const mayMean = place.allows('number') || place.allows('boolean') || place.allows('null')
      if (this.#options.repair === 'shape' && mayMean) this.#isMeantOtherwise = true
      else this.#expect('string')
    }
  }

  #takeString(text: string, at: number): number {
    const length = this.#string.decoded.length
    const last = this.#string.take(text, at)
    if (this.#state === 'broken') return last
    if (this.#string.isEnded) this.#endString()
    else if (this.#string.decoded.length > length) this.#growString()
    return last
  }

  #growString(): void {
    if (this.#isKey || this.#muted > 0 || this.#isMeantOtherwise) return
    if (!this.#place.allowsText(this.#string.decoded, false)) {
      this.#break(`${this.#path()}: must be equal to one of the allowed values`)
      return
    }
    if (this.#options.showsText) this.#showString()
  }

  /** The text of a value is shown as it grows; a name is not. */
  #showString(): void {
    if (!this.#isShowing) {
      this.#output.hold(this.#takeLead())
      this.#isShowing = true
    }
    this.#emit(this.#string.takeWritten())
  }

  #endString(): void {
    if (this.#isKey) {
      this.#keyRead(this.#string.decoded, this.#string.takeWritten())
      return
    }
    if (this.#muted > 0) {
      this.#valueRead()
      return
    }
    if (this.#isMeantOtherwise) {
      this.#asMeant(this.#string.decoded.trim())
      return
    }
    if (!this.#place.allowsText(this.#string.decoded, true)) {
      this.#break(`${this.#path()}: must be equal to one of the allowed values`)
      return
    }
    this.#showString()
    this.#isShowing = false
    this.#valueRead()
  }

  /** `"42"` where only a number may stand. */
  #asMeant(text: string): void {
    if (!scalarPattern.test(text)) {
      this.#expect('string')
      return
    }
    this.mends.add('scalar')
    this.#scalar(text)
  }

  // -- words: numbers, booleans, null, and names without quotes

  #endWord(): void {
    const word = this.#token
    this.#token = ''
    if (this.#isKey) {
      this.#keyRead(word, JSON.stringify(word))
      return
    }
    const meant = pythonWords[word]
    if (meant !== undefined && this.#mends('literal', 'a literal is not of JSON')) this.#scalar(meant)
    else if (scalarPattern.test(word)) this.#scalar(word)
    else this.#break('a word stands where a value should', true)
  }

  #scalar(text: string): void {
    if (this.#muted > 0) {
      this.#lead = ''
      this.#valueRead()
      return
    }
    const place = this.#place
    const value = JSON.parse(text) as number | boolean | null
    if (value === null && !place.allows('null') && this.#mayBeAbsent()) {
      this.mends.add('absent')
      this.#lead = ''
      this.#frames.at(-1)!.comma = undefined
      this.#valueRead()
      return
    }
    if (!this.#expect(kindOf(value))) return
    if (!place.allowsScalar(value)) {
      this.#break(`${this.#path()}: must be an integer, or one of the allowed values`)
      return
    }
    this.#output.hold(this.#takeLead())
    this.#emit(text)
    this.#valueRead()
  }

  #mayBeAbsent(): boolean {
    const frame = this.#frames.at(-1)
    return frame?.kind === 'object' && !frame.place.requires(frame.name!)
  }

  // -- output and faults

  #write(text: string): void {
    if (this.#muted === 0) this.#output.space(text, this.#frames.length > 0)
  }

  #emit(text: string): void {
    if (this.#muted === 0) this.#output.show(text)
  }

  /** False, and broken, where the kind cannot stand here. */
  #expect(kind: JsonKind): boolean {
    if (this.#place.allows(kind)) return true
    this.#break(`${this.#path()}: must not be of type ${kind}`)
    return false
  }

  #mends(mend: Mend, fault: string): boolean {
    if (this.#options.repair === 'none') {
      this.#break(fault, true)
      return false
    }
    this.mends.add(mend)
    return true
  }

  #break(fault: string, isSyntax = false): void {
    this.#fault ??= fault
    this.#isSyntaxFault = isSyntax
    this.#state = 'broken'
  }

  /** A JSON Pointer to the value that is being read; with -1, to what it is a part of. */
  #path(end = this.#frames.length): string {
    const steps = this.#frames
      .slice(0, end)
      .map(({ kind, read, name }) => (kind === 'array' ? `/${read}` : name === undefined ? '' : `/${name}`))
    return steps.join('') || '/'
  }

  /** Ends what is open. A name without a value and a scalar that was cut in two are left out. */
  #close(): void {
    this.mends.add('cut')
    if (this.#isShowing) {
      this.#break('the JSON ends within a text', true)
      return
    }
    this.#lead = ''
    this.#token = ''
    this.#muted = 0
    while (this.#frames.length > 0 && this.#state !== 'broken') {
      const frame = this.#frames.at(-1)!
      frame.comma = undefined
      this.#closeContainer(frame.kind)
    }
  }
}

const pythonWords: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }
const scalarPattern = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/
