/** A picture of numbers with the sentence that says what it shows, and its table for whoever wants that. */

import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import './series-chart.css'

interface ChartFigureProps {
  readonly caption: string
  readonly chart: ReactNode
  readonly table: ReactNode
  /** Above both. */
  readonly legend?: ReactNode
  /** Behind the caption. */
  readonly hint?: ReactNode
  readonly className?: string
}

export function ChartFigure({ caption, chart, table, legend, hint, className }: ChartFigureProps): ReactNode {
  const [isTable, setTable] = useState(false)
  return (
    <figure className={className === undefined ? 'series-chart' : `series-chart ${className}`}>
      {legend}
      {isTable ? (
        <div className="series-chart-table" tabIndex={0} role="region" aria-label={caption}>
          {table}
        </div>
      ) : (
        chart
      )}
      <figcaption>
        <span>
          {caption}
          {hint}
        </span>
        <Button variant="subtle" size="compact-xs" onClick={() => setTable(!isTable)}>
          {isTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </figcaption>
    </figure>
  )
}
