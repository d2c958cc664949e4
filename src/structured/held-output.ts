/** What a scanner gives out: text waits here until a value behind it has begun. */

export class HeldOutput {
  #held = ''
  #out = ''
  #hasReleased = false
  /** Something was let out of `#held`. */
  #hasBegun = false

  /** Something has been taken from here. */
  get hasReleased(): boolean {
    return this.#hasReleased
  }

  /** Written, but not to be shown before a value behind it has begun. */
  hold(text: string): void {
    this.#held += text
  }

  /** White space behind something that was shown is shown too; around the whole it is left out. */
  space(text: string, isWithin: boolean): void {
    if (this.#held === '' && this.#hasBegun) this.#out += text
    else if (isWithin) this.#held += text
  }

  show(text: string): void {
    this.#out += this.#held + text
    this.#held = ''
    this.#hasBegun = true
  }

  /** What may be shown since the last time. */
  take(): string {
    const out = this.#out
    this.#out = ''
    if (out !== '') this.#hasReleased = true
    return out
  }
}
