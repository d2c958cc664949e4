/** Means and variances of plain lists of numbers. */

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

export function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** The sample variance, over n - 1; NaN of fewer than two values. */
export function variance(values: readonly number[]): number {
  const centre = mean(values)
  let squares = 0
  for (const value of values) squares += (value - centre) ** 2
  return squares / (values.length - 1)
}

/** The standard deviation, over n - 1. */
export function standardDeviation(values: readonly number[]): number {
  return Math.sqrt(variance(values))
}

/** m3 / m2^1.5 with moments over n; 0 where there is no spread. */
export function skewness(values: readonly number[]): number {
  const centre = mean(values)
  let second = 0
  let third = 0
  for (const value of values) {
    const deviation = value - centre
    second += deviation ** 2
    third += deviation ** 3
  }
  second /= values.length
  third /= values.length
  return second === 0 ? 0 : third / second ** 1.5
}
