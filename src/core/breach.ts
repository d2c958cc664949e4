/** Why an answer was not given: what was wrong with it, for the one who asked. */

/**
 * Why an answer does not satisfy its contract. `invalid`: it is no instance of the schema. `refusal`: the model
 * declined in its own words. `length`: its output limit came first. `unchecked`: it is too large, or its check
 * took too long.
 */
export interface Breach {
  readonly kind: 'invalid' | 'refusal' | 'length' | 'unchecked'
  /** Places and faults, as `/items/0/price: must be number`. At most a few. */
  readonly faults: readonly string[]
  /** The answer, as far as it came, cut to a few thousand characters. */
  readonly text: string
}
