/** A secret value that no log, error or dump can show by accident. */

const mask = '***'

/**
 * Holds a secret. Printing, concatenating, inspecting or serialising it gives `***`; only `reveal` gives the
 * value, so that every place that uses one can be found by that word.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Call it where the value is sent or compared, and keep the result nowhere. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  /** What `util.inspect` and `console.log` show. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return mask
  }
}
