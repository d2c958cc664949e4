/** What was taken out of a prompt, and how it is put back into the answer. Of one request, and forgotten with it. */

/** None is longer, so that a stream need not be held back for more. */
const maxLength = 40

export class Placeholders {
  readonly #byValue = new Map<string, string>()
  readonly #byName = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#byName.size === 0
  }

  /** The same value has the same name. `isTaken`: the prompt says it already, and does not mean us. */
  nameOf(kind: string, value: string, isTaken: (name: string) => boolean): string {
    const known = this.#byValue.get(value)
    if (known !== undefined) return known
    const word = kind
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, '_')
      .slice(0, maxLength - 12)
    let name: string
    do {
      const number = (this.#counts.get(word) ?? 0) + 1
      this.#counts.set(word, number)
      name = `[${word}_${number}]`
    } while (isTaken(name))
    this.#byValue.set(value, name)
    this.#byName.set(name, value)
    return name
  }

  /** `isJson`: the text is within a JSON string. */
  restore(text: string, isJson: boolean): string {
    if (!text.includes('[')) return text
    return text.replace(/\[[A-Z0-9_]{1,38}\]/g, (name) => {
      const value = this.#byName.get(name)
      if (value === undefined) return name
      return isJson ? withinJson(value) : value
    })
  }

  /** Takes the same values out of another text, such as the answer that is recorded; also where they stand in JSON. */
  hide(text: string): string {
    let hidden = text
    // The longest first: one value may be part of another.
    const values = [...this.#byValue].toSorted(([a], [b]) => b.length - a.length)
    for (const [value, name] of values) {
      hidden = hidden.replaceAll(value, name).replaceAll(withinJson(value), name)
    }
    return hidden
  }

  /** Where a placeholder may have begun whose end is still to come. */
  openFrom(text: string): number {
    const at = text.lastIndexOf('[')
    const isOpen = at >= 0 && text.length - at < maxLength && /^\[[A-Z0-9_]*$/.test(text.slice(at))
    return isOpen ? at : text.length
  }
}

function withinJson(value: string): string {
  return JSON.stringify(value).slice(1, -1)
}
