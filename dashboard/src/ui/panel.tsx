/** A part of a page with a heading of its own. */

import type { ReactNode } from 'react'
import './panel.css'

interface PanelProps {
  readonly title: string
  /** On the right of the heading. */
  readonly aside?: ReactNode
  readonly className?: string
  /** The content reaches the edges, as tables do. */
  readonly isFlush?: boolean
  readonly children: ReactNode
}

export function Panel({ title, aside, className = '', isFlush = false, children }: PanelProps): ReactNode {
  return (
    <section className={`panel ${className}`} aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        {aside}
      </header>
      <div className={isFlush ? 'panel-flush' : 'panel-body'}>{children}</div>
    </section>
  )
}
