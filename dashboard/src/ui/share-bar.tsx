/** A share as a bar, with the number beside it. */

import type { ReactNode } from 'react'
import './share-bar.css'

interface ShareBarProps {
  /** Of the longest bar, between 0 and 1. */
  readonly share: number
  readonly children: ReactNode
}

export function ShareBar({ share, children }: ShareBarProps): ReactNode {
  return (
    <span className="share-bar">
      <span aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      {children}
    </span>
  )
}
