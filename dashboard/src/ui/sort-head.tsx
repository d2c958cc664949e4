/** The head of a column by which a table can be put in order. */

import type { ReactNode } from 'react'
import type { Sorting } from './sorting.ts'
import './sort-head.css'

interface SortHeadProps {
  readonly title: string
  /** How the table stands by this column; undefined where it stands by another. */
  readonly sorted: Pick<Sorting, 'isDown'> | undefined
  onSort(): void
}

export function SortHead({ title, sorted, onSort }: SortHeadProps): ReactNode {
  return (
    <button type="button" className="sort-head" onClick={onSort}>
      {title}
      <span aria-hidden="true">{sorted === undefined ? '' : sorted.isDown ? ' ↓' : ' ↑'}</span>
    </button>
  )
}

/** For `aria-sort`. */
export function sortedWord(sorted: Pick<Sorting, 'isDown'> | undefined) {
  return sorted && (sorted.isDown ? 'descending' : 'ascending')
}
