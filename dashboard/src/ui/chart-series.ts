/** What a chart draws, and along what. */

export interface ChartSeries {
  readonly name: string
  /** A CSS colour. */
  readonly color: string
  /** One per place on the axis; undefined where there is no data, which is drawn as a gap. */
  readonly values: readonly (number | undefined)[]
  /** What is not so yet, such as a forecast. */
  readonly isDashed?: boolean
  /** What is only held beside, such as the period before. */
  readonly isThin?: boolean
}

export interface ChartAxis {
  /** What its places are, over their column of the table. */
  readonly title: string
  /** Short, below the picture. */
  tick(index: number): string
  /** Whole, at the crosshair and in the table. */
  full(index: number): string
}
