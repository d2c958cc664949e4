/** Reads a comment that stands in JSON, from behind its slash to its end. */

export class CommentReader {
  /** Undefined until the character behind the slash has said how the comment ends. */
  #terminator: '\n' | '*/' | undefined
  #last = ''

  begin(): void {
    this.#terminator = undefined
    this.#last = ''
  }

  /** Takes one character. `none`: the slash began no comment. */
  take(character: string): 'within' | 'ended' | 'none' {
    if (this.#terminator === undefined) {
      if (character !== '/' && character !== '*') return 'none'
      this.#terminator = character === '/' ? '\n' : '*/'
      return 'within'
    }
    this.#last = (this.#last + character).slice(-2)
    return this.#last.endsWith(this.#terminator) ? 'ended' : 'within'
  }
}
