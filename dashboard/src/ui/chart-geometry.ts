/** The arithmetic of charts: where an axis ends, how parts stack, and where a line has gaps. */

/** The least round number that nothing exceeds, so that quarters of it are round too. */
export function niceTop(highest: number): number {
  if (highest <= 0) return 1
  const magnitude = 10 ** Math.floor(Math.log10(highest))
  return [1, 2, 4, 8, 10].map((step) => step * magnitude).find((top) => top >= highest) ?? highest
}

export interface Part {
  readonly from: number
  readonly to: number
}

/** Per bucket, the parts of each series from the bottom up. */
export function stack(series: readonly (readonly (number | undefined)[])[]): Part[][] {
  return (series[0] ?? []).map((_, index) => {
    let sum = 0
    return series.map((values) => {
      const from = sum
      sum += values[index] ?? 0
      return { from, to: sum }
    })
  })
}

/** The places of values without neighbours, which no line shows. */
export function lonePoints(values: readonly (number | undefined)[]): number[] {
  return values.flatMap((value, index) =>
    value !== undefined && values[index - 1] === undefined && values[index + 1] === undefined ? [index] : [],
  )
}

/** An SVG path through the values, whose gaps stay gaps. */
export function linePaths(
  values: readonly (number | undefined)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  return values
    .map((value, index) => {
      if (value === undefined) return ''
      const place = `${x(index).toFixed(1)} ${y(value).toFixed(1)}`
      return values[index - 1] === undefined ? `M${place}` : `L${place}`
    })
    .join('')
}

/** Moves labels apart that would cover each other, as little as it takes; in the order in which they came. */
export function spread(places: readonly number[], apart: number): number[] {
  const order = places.map((_, index) => index).toSorted((a, b) => places[a]! - places[b]!)
  const moved = [...places]
  let least = -Infinity
  for (const index of order) {
    moved[index] = Math.max(moved[index]!, least)
    least = moved[index] + apart
  }
  return moved
}
