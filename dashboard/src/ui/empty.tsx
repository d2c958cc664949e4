/** Says why there is nothing to see, and what to do about it. */

import type { ReactNode } from 'react'
import './notice.css'

export function Empty({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ReactNode
}): ReactNode {
  return (
    <div className="notice">
      <strong>{title}</strong>
      {children}
    </div>
  )
}
