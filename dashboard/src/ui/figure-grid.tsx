/** Figures side by side: two in a row where there is little room. */

import { Children, type ReactNode } from 'react'

export function FigureGrid({
  columns,
  children,
}: {
  readonly columns: 'two' | 'three' | 'four'
  readonly children: ReactNode
}): ReactNode {
  return (
    <div className="grid">
      {Children.map(children, (child) => (
        <div className={`half ${columns}`}>{child}</div>
      ))}
    </div>
  )
}
