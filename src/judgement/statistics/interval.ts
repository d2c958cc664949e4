/** An interval of an estimate. */

export interface Interval {
  readonly lower: number
  readonly upper: number
}
