/** Reads JSON as it grows: finds it in what stands around, mends how it is written, and hands it on to be judged. */

import type { JsonObject } from '../core/json.ts'
import { CommentReader } from './comment-reader.ts'
import { Findings, type RepairLevel } from './findings.ts'
import type { Mend } from './mend.ts'
import type { ContainerKind } from './nesting.ts'
import { Place } from './shape.ts'
import { scalarPattern, ShapedWriter } from './shaped-writer.ts'
import { StringReader } from './string-reader.ts'

export interface ScanOptions {
  readonly schema: JsonObject
  readonly repair: RepairLevel
  /** Give the text of a string out as it grows, not when it is whole. */
  readonly showsText: boolean
}

/** What may come next, or what is being read. */
type State = 'before' | 'value' | 'key' | 'colon' | 'after' | 'string' | 'word' | 'comment' | 'end'

const pythonWords: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }

/** Text goes in, JSON text comes out. Linear; nothing is parsed twice. */
export class JsonScanner {
  readonly #findings: Findings
  readonly #root: Place
  readonly #writer: ShapedWriter
  readonly #string: StringReader
  readonly #comment = new CommentReader()
  #state: State = 'before'
  /** What the comment that is being read stands before. */
  #stateAfterComment: State = 'value'
  #word = ''
  /** The string or word that is being read is a member's name. */
  #isKey = false
  #length = 0
  #endedAt: number | undefined

  constructor({ schema, repair, showsText }: ScanOptions) {
    this.#findings = new Findings(repair)
    this.#root = Place.ofRoot(schema)
    this.#writer = new ShapedWriter(this.#root, this.#findings, showsText)
    this.#string = new StringReader(this.#findings)
  }

  get mends(): ReadonlySet<Mend> {
    return this.#findings.mends
  }

  /** Why this can never become a valid answer. */
  get fault(): string | undefined {
    return this.#findings.fault
  }

  /** The fault is one of writing, which another reading of the whole text may mend. */
  get isSyntaxFault(): boolean {
    return this.#findings.isSyntaxFault
  }

  /** Something has been given out. */
  get hasReleased(): boolean {
    return this.#writer.hasReleased
  }

  /** How many characters had come when the value was whole. */
  get endedAt(): number | undefined {
    return this.#endedAt
  }

  /** Reads on, and gives what may be shown now. */
  push(text: string): string {
    for (let at = 0; at < text.length && !this.#findings.isBroken; at++) {
      at = this.#take(text, at)
      if (this.#state === 'end') this.#endedAt ??= this.#length + at + 1
    }
    this.#length += text.length
    return this.#writer.take()
  }

  /** The text is over. `mayClose`: what is open may be closed, without what was cut in two. */
  end(mayClose: boolean): string {
    const isWithin = this.#writer.innermost !== undefined
    // Within an object a number that nothing ends may have been cut.
    if (this.#state === 'word' && !isWithin) this.#endWord()
    if (this.#state !== 'end' && !this.#findings.isBroken) {
      if (mayClose && isWithin && this.#findings.repair !== 'none') this.#writer.closeAll()
      else this.#findings.breakSyntax('the JSON is not complete')
    }
    return this.#writer.take()
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
        if (/[\w.+-]/.test(character)) {
          this.#word += character
          return at
        }
        this.#endWord()
        return at - 1
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
    }
  }

  /** Before the first value: an object or array is looked for behind whatever stands before it. */
  #seek(character: string): void {
    if (/\s|\uFEFF/.test(character)) return
    const root = this.#root
    const mayOpen =
      (character === '{' && root.allows('object')) || (character === '[' && root.allows('array'))
    const isContainerOnly = !(['string', 'number', 'boolean', 'null'] as const).some((kind) =>
      root.allows(kind),
    )
    if (mayOpen || !isContainerOnly) {
      this.#state = 'value'
      this.#takeStructure(character)
    } else this.#around()
  }

  #around(): void {
    this.#findings.mendsSyntax('around', 'text stands around the JSON')
  }

  #takeStructure(character: string): void {
    if (/\s/.test(character)) this.#writer.space(character)
    else if (character === '/') this.#beginComment()
    else if (this.#state === 'value') this.#beginValue(character)
    else if (this.#state === 'key') this.#beginKey(character)
    else if (this.#state === 'colon') this.#takeColon(character)
    else this.#afterValue(character)
  }

  #beginComment(): void {
    if (!this.#findings.mendsSyntax('comment', 'a comment stands in the JSON')) return
    this.#stateAfterComment = this.#state
    this.#comment.begin()
    this.#state = 'comment'
  }

  #takeComment(character: string): void {
    const taken = this.#comment.take(character)
    if (taken === 'none') this.#findings.breakSyntax('`/` stands in the JSON')
    else if (taken === 'ended') this.#state = this.#stateAfterComment
  }

  // -- members and elements

  #beginKey(character: string): void {
    if (character === '}') this.#close('object')
    else if (character === '"' || character === "'") this.#beginString(character, true)
    else if (/[A-Za-z_$]/.test(character) && this.#findings.repair !== 'none') {
      this.#findings.mends.add('quotes')
      this.#beginWord(character, true)
    } else this.#findings.breakSyntax(`\`${character}\` stands where a name should`)
  }

  #endKey(name: string, written: string): void {
    this.#writer.beginMember(name, written)
    this.#state = 'colon'
  }

  #takeColon(character: string): void {
    if (character !== ':') {
      this.#findings.breakSyntax('a colon is missing')
      return
    }
    this.#writer.colon()
    this.#state = 'value'
  }

  #beginValue(character: string): void {
    if (character === ']' && this.#writer.innermost === 'array') {
      this.#close('array')
      return
    }
    this.#writer.beginValue()
    if (character === '{') this.#open('object')
    else if (character === '[') this.#open('array')
    else if (character === '"' || character === "'") this.#beginString(character, false)
    else if (/[\w+.-]/.test(character)) this.#beginWord(character, false)
    else this.#findings.breakSyntax(`\`${character}\` stands where a value should`)
  }

  #afterValue(character: string): void {
    if (character === ',') {
      this.#writer.comma()
      this.#state = this.#writer.innermost === 'object' ? 'key' : 'value'
    } else if (character === '}') this.#close('object')
    else if (character === ']') this.#close('array')
    else this.#findings.breakSyntax(`\`${character}\` stands behind a value`)
  }

  #open(kind: ContainerKind): void {
    this.#writer.open(kind)
    this.#state = kind === 'object' ? 'key' : 'value'
  }

  #close(kind: ContainerKind): void {
    this.#writer.close(kind)
    this.#endValue()
  }

  #endValue(): void {
    if (this.#findings.isBroken) return
    this.#state = this.#writer.innermost === undefined ? 'end' : 'after'
  }

  // -- strings

  #beginString(quote: string, isKey: boolean): void {
    if (quote === "'" && !this.#findings.mendsSyntax('quotes', 'a string has single quotes')) return
    this.#string.begin(quote)
    this.#isKey = isKey
    this.#state = 'string'
    if (!isKey) this.#writer.beginText()
  }

  #takeString(text: string, at: number): number {
    const string = this.#string
    const length = string.decoded.length
    const last = string.take(text, at)
    if (this.#findings.isBroken) return last
    if (string.isEnded) this.#endString()
    else if (string.decoded.length > length && !this.#isKey) this.#writer.growText(string)
    return last
  }

  #endString(): void {
    if (this.#isKey) this.#endKey(this.#string.decoded, this.#string.takeWritten())
    else {
      this.#writer.endText(this.#string)
      this.#endValue()
    }
  }

  // -- words: numbers, booleans, null, and names without quotes

  #beginWord(character: string, isKey: boolean): void {
    this.#word = character
    this.#isKey = isKey
    this.#state = 'word'
  }

  #endWord(): void {
    const word = this.#word
    if (this.#isKey) this.#endKey(word, JSON.stringify(word))
    else {
      const meant = pythonWords[word]
      if (meant !== undefined && this.#findings.mendsSyntax('literal', 'a literal is not of JSON')) {
        this.#writer.scalar(meant)
      } else if (scalarPattern.test(word)) this.#writer.scalar(word)
      else this.#findings.breakSyntax('a word stands where a value should')
      this.#endValue()
    }
  }
}
