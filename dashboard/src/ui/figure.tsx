/** One number with its name, how it changed, and its recent course. */

import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { Sparkline } from './sparkline.tsx'
import './figure.css'

interface FigureProps {
  readonly label: string
  /** With its unit; undefined while it is not known yet, `-` where it cannot be known. */
  readonly value: string | undefined
  readonly change?: string | undefined
  /** Colours the change where a direction is bad. */
  readonly isWorse?: boolean
  readonly course?: readonly (number | undefined)[]
  readonly note?: string
  /** Around the value: the way to the rows behind it. */
  readonly link?: (value: ReactNode) => ReactNode
}

export function Figure(props: FigureProps): ReactNode {
  const { label, value, change, isWorse, course, note, link } = props
  return (
    <section className="figure" aria-label={label}>
      <h2>{label}</h2>
      {value === undefined ? (
        <Skeleton height={32} width={96} />
      ) : (
        <p className="figure-value">{link ? link(value) : value}</p>
      )}
      <p className="figure-note" data-worse={isWorse === true}>
        {change ?? note ?? ' '}
      </p>
      {course && <Sparkline values={course} />}
    </section>
  )
}
