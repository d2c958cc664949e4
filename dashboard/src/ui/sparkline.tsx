/** The course of a number, small: shape only, so it says nothing to a screen reader. */

import type { ReactNode } from 'react'
import { linePaths, lonePoints } from './chart-geometry.ts'

const width = 160
const height = 28

export function Sparkline({ values }: { readonly values: readonly (number | undefined)[] }): ReactNode {
  const top = Math.max(...values.map((value) => value ?? 0), 0)
  const step = width / Math.max(1, values.length - 1)
  const y = (value: number) => height - 1 - (top === 0 ? 0 : (value / top) * (height - 3))
  const line = linePaths(values, (index) => index * step, y)
  // A value without neighbours would be a line of no length.
  const dashes = lonePoints(values).map((index) => `M${Math.max(0, index * step - 4)} ${y(values[index]!)}h4`)
  const path = [line, ...dashes].join('')
  return (
    <svg
      width="100%"
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path
        d={path}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="1.5"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
