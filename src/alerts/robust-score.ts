/** How far a figure is from its own history, by measures that single outliers in the history do not move. */

/**
 * The modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993): 0.6745 times the distance
 * from the median over the median absolute deviation. Where more than half of the history is one value that deviation is
 * 0, and the mean absolute deviation takes its place, scaled for a normal distribution. Infinity where the history is
 * constant and the figure is not.
 */
export function robustScore(value: number, history: readonly number[]): number {
  const center = median(history)
  const distances = history.map((each) => Math.abs(each - center))
  const spread = median(distances) / 0.6745 || mean(distances) * 1.253314
  if (value === center) return 0
  return (value - center) / spread
}

/** Of an empty history 0. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return sorted.length === 0 ? 0 : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
