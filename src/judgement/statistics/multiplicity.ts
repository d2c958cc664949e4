/** Corrections of p-values for many tests at once. */

/** Adjusted p-values by Holm (1979), in the order given: family-wise error under any dependence. */
export function holm(pValues: readonly number[]): number[] {
  const order = ascending(pValues)
  const adjusted = Array.from<number>({ length: pValues.length })
  let largest = 0
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!))
    adjusted[index] = largest
  }
  return adjusted
}

/** Adjusted p-values by Benjamini and Hochberg (1995), in the order given: false discovery rate. */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = ascending(pValues)
  const adjusted = Array.from<number>({ length: pValues.length })
  let smallest = 1
  for (const [rank, index] of [...order.entries()].toReversed()) {
    smallest = Math.min(smallest, (pValues.length * pValues[index]!) / (rank + 1))
    adjusted[index] = smallest
  }
  return adjusted
}

function ascending(values: readonly number[]): number[] {
  return values.map((_, index) => index).toSorted((a, b) => values[a]! - values[b]!)
}
