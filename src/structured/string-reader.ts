/** Reads strings of JSON, one after another, as they grow: how each is written, and what it says. */

import type { Findings } from './findings.ts'

export class StringReader {
  readonly #findings: Findings
  #written = ''
  #decoded = ''
  #quote = '"'
  #escape = ''
  #isEnded = false

  constructor(findings: Findings) {
    this.#findings = findings
  }

  /** The string's text so far. */
  get decoded(): string {
    return this.#decoded
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  begin(quote: string): void {
    this.#written = '"'
    this.#decoded = ''
    this.#quote = quote
    this.#escape = ''
    this.#isEnded = false
  }

  /** As it is written in JSON, quotes included, since the last time. */
  takeWritten(): string {
    const written = this.#written
    this.#written = ''
    return written
  }

  /** Gives the place of the last character that was taken. */
  take(text: string, at: number): number {
    const character = text[at]!
    if (this.#escape !== '') this.#takeEscape(character)
    else if (character === '\\') this.#escape = '\\'
    else if (character === this.#quote) this.#end()
    else if (character === '"') this.#add('\\"', '"')
    else if (character >= ' ') return this.#takeRun(text, at)
    else if (this.#findings.mendsSyntax('control', 'a string holds a control character'))
      this.#add(JSON.stringify(character).slice(1, -1), character)
    return at
  }

  /** Plain characters at once: most of any answer is that. */
  #takeRun(text: string, at: number): number {
    let end = at + 1
    while (end < text.length && !/["'\\\u0000-\u001f]/.test(text[end]!)) end++
    const run = text.slice(at, end)
    this.#add(run, run)
    return end - 1
  }

  #takeEscape(character: string): void {
    this.#escape += character
    if (this.#escape[1] === 'u') {
      if (this.#escape.length < 6) return
      if (/^\\u[0-9a-fA-F]{4}$/.test(this.#escape)) {
        this.#add(this.#escape, String.fromCharCode(Number.parseInt(this.#escape.slice(2), 16)))
      } else this.#findings.breakSyntax('an escape is not of JSON')
    } else if (/["\\/bfnrt]/.test(character)) {
      this.#add(this.#escape, JSON.parse(`"${this.#escape}"`) as string)
    } else if (this.#findings.mendsSyntax('quotes', 'an escape is not of JSON')) {
      if (character === "'") this.#add("'", "'")
      else this.#add(`\\\\${character}`, `\\${character}`)
    }
    this.#escape = ''
  }

  #end(): void {
    this.#written += '"'
    this.#isEnded = true
  }

  #add(written: string, decoded: string): void {
    this.#written += written
    this.#decoded += decoded
  }
}
